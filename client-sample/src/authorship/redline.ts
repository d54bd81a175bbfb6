/** The text against an earlier one, in place of the editor: what was inserted and deleted since, each with its name. */

import { api, ApiError, redlineAddress, type Chapter, type Redline } from '../api'
import { h, sentence } from '../dom'
import { drawParagraph, tallyOf, withNames, type Heading, type NamedParagraph } from './redline-text'
import { createSince } from './since'

const CALM_MS = 4_000

export interface RedlineView {
  element: HTMLElement
  /** Where the paragraphs stand, as the editor's do. */
  text: HTMLElement
  show: (wanted: boolean) => void
  /** To be called when the text has changed. */
  changed: () => void
  destroy: () => void
}

export interface RedlineOptions {
  chapter: Chapter
  /** How the editor shows a heading; null for what it has no more. */
  heading: (id: string) => Heading | null
  /** Called when the paragraphs have been laid out anew. */
  onDraw: () => void
}

export function createRedline({ chapter, heading, onDraw }: RedlineOptions): RedlineView {
  const since = createSince(chapter.created_at, () => void load())
  const newest = h('button', { type: 'button', class: 'button small', onclick: () => void load() }, 'Show newest')
  const page = h('a', { target: '_blank', rel: 'noopener', title: 'Opens in a new tab, to be printed or kept' }, 'As a page')
  const tally = h('p', { class: 'redline-tally', role: 'status' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const text = h('div', { class: 'text redline', 'data-testid': 'redline', role: 'region', tabindex: '0', 'aria-label': `Redline of ${chapter.title}` })
  const bar = h('div', { class: 'redline-bar' }, since.element, newest, page, tally, trouble)
  const element = h('div', { class: 'redline-place', hidden: true }, bar, text)
  let drawn = new Map<string, HTMLElement>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0

  async function load(): Promise<void> {
    rest()
    const point = since.point()
    if (point === null) return
    page.href = `${redlineAddress(chapter.id, point)}&format=html`
    const mine = turn
    try {
      const redline = await api.redline(chapter.id, point)
      if (mine === turn) draw(redline)
    } catch (error) {
      if (mine === turn) trouble.textContent = sentence(error)
    }
  }

  function rest(): void {
    clearTimeout(timer)
    timer = undefined
    turn++
  }

  function draw(redline: Redline): void {
    const paragraphs = withNames(redline)
    put(paragraphs)
    trouble.textContent = ''
    const words = `${tallyOf(paragraphs)} since ${since.words()}.`
    if (tally.textContent !== words) tally.textContent = words
    onDraw()
  }

  /** Puts anew only the paragraphs that differ, so that a reader's place and selection stay. */
  function put(paragraphs: NamedParagraph[]): void {
    const next = new Map<string, HTMLElement>()
    for (const paragraph of paragraphs) {
      const look = heading(paragraph.id)
      const words = JSON.stringify([paragraph, look])
      const key = next.has(words) ? `${words} ${next.size}` : words
      next.set(key, drawn.get(key) ?? drawParagraph(paragraph, look))
    }
    drawn = next
    const elements = [...next.values()]
    if (elements.length !== text.childElementCount || elements.some((each, i) => text.children[i] !== each)) text.replaceChildren(...elements)
  }

  async function offerVersions(): Promise<void> {
    try {
      since.offer(await api.versions(chapter.id))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  return {
    element,
    text,
    show: (wanted) => {
      if (wanted === !element.hidden) return
      element.hidden = !wanted
      rest()
      if (!wanted) return
      void offerVersions()
      void load()
    },
    changed: () => {
      if (!element.hidden) timer ??= setTimeout(() => void load(), CALM_MS)
    },
    destroy: rest,
  }
}
