/** The text against an earlier one, in place of the editor: what was inserted and deleted since, each with its name. */

import { api, ApiError, type Change, type Chapter, type RedlineParagraph } from '../api'
import { count, h, sentence, when } from '../dom'
import { colorOf } from '../editor/carets'
import { bylineWords, type Byline } from './bylines'
import { patternOf } from './looks'
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

/** The level of a heading within the page, and in the chapter. */
export interface Heading {
  level: number
  written: number
  /** It says the chapter's title. */
  isTitle: boolean
}

export interface RedlineOptions {
  chapter: Chapter
  ofDelegation: (delegation: string) => Byline | null
  /** How the editor shows a heading; null for what it has no more. */
  heading: (id: string) => Heading | null
  /** Called when the paragraphs have been laid out anew. */
  onDraw: () => void
}

export function createRedline({ chapter, ofDelegation, heading, onDraw }: RedlineOptions): RedlineView {
  const since = createSince(chapter.created_at, () => void load())
  const newest = h('button', { type: 'button', class: 'button small', onclick: () => void load() }, 'Show newest')
  const tally = h('p', { class: 'redline-tally', role: 'status' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const text = h('div', { class: 'text redline', 'data-testid': 'redline', role: 'region', tabindex: '0', 'aria-label': `Redline of ${chapter.title}` })
  const bar = h('div', { class: 'redline-bar' }, since.element, newest, tally, trouble)
  const element = h('div', { class: 'redline-place', hidden: true }, bar, text)
  const drawn = new Map<string, { words: string; element: HTMLElement }>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0

  async function load(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const time = since.time()
    if (time === null) return
    const mine = ++turn
    try {
      const { paragraphs } = await api.redline(chapter.id, time)
      if (mine === turn && !element.hidden) draw(paragraphs)
      trouble.textContent = ''
    } catch (error) {
      if (mine === turn) trouble.textContent = sentence(error)
    }
  }

  /** Puts anew only the paragraphs that differ, so that a reader's place and selection stay. */
  function draw(paragraphs: RedlineParagraph[]): void {
    const elements = paragraphs.map((paragraph, i) => {
      const words = JSON.stringify([paragraph, paragraph.changes.map(({ by }) => by && ofDelegation(by.delegation)), heading(paragraph.id)])
      const name = `${i} ${paragraph.id}`
      const known = drawn.get(name)
      const made = known?.words === words ? known.element : drawParagraph(paragraph, heading(paragraph.id), ofDelegation)
      drawn.set(name, { words, element: made })
      return made
    })
    if (elements.length !== text.childElementCount || elements.some((each, i) => text.children[i] !== each)) text.replaceChildren(...elements)
    const words = `${tallyOf(paragraphs)} since ${since.words()}.`
    if (tally.textContent !== words) tally.textContent = words
    onDraw()
  }

  const offerVersions = () =>
    api.versions(chapter.id).then(since.offer, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })

  return {
    element,
    text,
    show: (wanted) => {
      if (wanted === !element.hidden) return
      element.hidden = !wanted
      clearTimeout(timer)
      timer = undefined
      turn++
      if (!wanted) return
      void offerVersions()
      void load()
    },
    changed: () => {
      if (!element.hidden) timer ??= setTimeout(() => void load(), CALM_MS)
    },
    destroy: () => clearTimeout(timer),
  }
}

/** "3 insertions and 1 deletion by 2 delegations" */
export function tallyOf(paragraphs: RedlineParagraph[]): string {
  const changes = paragraphs.flatMap((paragraph) => joined(paragraph.changes)).filter(({ change }) => change !== 'kept')
  const of = (...kinds: Change['change'][]) => changes.filter(({ change }) => kinds.includes(change)).length
  const parts = [
    [of('inserted'), 'insertion'],
    [of('deleted'), 'deletion'],
    [of('moved-here'), 'move'],
  ] as [number, string][]
  const words = parts.filter(([n]) => n > 0).map(([n, name]) => count(n, name))
  if (words.length === 0) return 'No changes'
  const delegations = new Set(changes.map(({ by }) => by?.delegation || by?.name || '').filter(Boolean))
  return words.join(', ') + (delegations.size > 0 ? ` by ${count(delegations.size, 'delegation')}` : '')
}

/** Neighbours of one kind by one person as one change: its name then stands there once. */
export function joined(changes: Change[]): Change[] {
  const list: Change[] = []
  for (const change of changes) {
    const last = list.at(-1)
    if (last && last.change === change.change && last.by?.participant === change.by?.participant && nameOf(last) === nameOf(change)) last.text += change.text
    else list.push({ ...change })
  }
  return list
}

function drawParagraph(paragraph: RedlineParagraph, heading: Heading | null, ofDelegation: RedlineOptions['ofDelegation']): HTMLElement {
  const changes = joined(paragraph.changes)
  const names = [`is-${paragraph.change}`, heading?.isTitle && 'is-title'].filter(Boolean).join(' ')
  const attributes = { dir: 'auto', 'data-id': paragraph.id, 'data-label': paragraph.label, 'data-level': heading?.written, class: names }
  const content = changes.map((change, i) => drawChange(change, ofDelegation, !sameBy(change, changes[i + 1])))
  const tag = paragraph.kind === 'heading' ? `h${heading?.level ?? 2}` : 'p'
  return h(tag as 'p', attributes, paragraph.change === 'deleted' && h('span', { class: 'visually-hidden' }, 'Paragraph deleted. '), ...content)
}

const sameBy = (a: Change, b: Change | undefined) => b !== undefined && b.change !== 'kept' && b.change.startsWith('moved') === a.change.startsWith('moved') && nameOf(a) === nameOf(b) && a.by?.participant === b.by?.participant

const nameOf = ({ by }: Change) => by?.delegation_name || by?.name || 'the draft'

const VERBS = { kept: '', inserted: 'inserted', deleted: 'deleted', 'moved-here': 'moved here', 'moved-away': 'moved away' }

/** `named`: the last of several changes by one person side by side bears the name for the eye; each is said aloud. */
function drawChange(change: Change, ofDelegation: RedlineOptions['ofDelegation'], named: boolean): HTMLElement | Text {
  if (change.change === 'kept') return document.createTextNode(change.text)
  const gone = change.change === 'deleted' || change.change === 'moved-away'
  const byline = change.by === null ? null : { ...change.by, ...(ofDelegation(change.by.delegation) ?? { number: 0, color: '' }), name: change.by.name }
  const verb = VERBS[change.change]
  const title = `${verb[0]!.toUpperCase()}${verb.slice(1)}: ${[byline === null ? nameOf(change) : bylineWords(byline), change.at && when(change.at)].filter(Boolean).join(' · ')}`
  const attributes = { title, datetime: change.at, class: `change is-${change.change} by by-delegation pattern-${patternOf(byline?.number ?? 0)}` }
  const spoken = h('span', { class: 'visually-hidden' }, ` [${verb} by `, h('bdi', {}, nameOf(change)), ': ')
  const moved = change.change.startsWith('moved') && `, ${verb}`
  const name = named && h('span', { class: 'change-name', 'aria-hidden': 'true' }, h('bdi', {}, nameOf(change)), moved)
  const element = h(gone ? 'del' : 'ins', attributes, spoken, h('span', { class: 'change-words' }, change.text), h('span', { class: 'visually-hidden' }, '] '), name)
  element.style.setProperty('--by', colorOf(byline ?? {}))
  return element
}
