/** One line that says by whom the words are on which the caret or the pointer is; spoken when it has settled. */

import { h } from '../dom'
import { bylineNodes, DRAFT, type Tag } from './bylines'
import type { Authorship } from './record'

const SETTLE_MS = 500

export interface AuthorLine {
  element: HTMLElement
  /** Says a run's author, `before` it where it stands; nothing with undefined. */
  say: (tag: Tag | null | undefined, before?: string) => void
  /** As `say`, for the pointer alone: not spoken, and taken back with undefined. */
  hover: (tag: Tag | undefined) => void
  hint: (words: string) => void
  hide: () => void
}

export function createLine(authorship: Authorship): AuthorLine {
  const shown = h('p', { class: 'author-words', 'aria-hidden': 'true', hidden: true })
  const spoken = h('p', { class: 'visually-hidden', 'data-testid': 'author-spoken', 'aria-live': 'polite' })
  const element = h('div', { class: 'author-line', 'data-testid': 'author-line' }, shown, spoken)
  let words: (Node | string)[] = []
  let hovered: Tag | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const draw = () => {
    const parts = hovered === undefined ? words : wordsOf(authorship, hovered)
    const fresh = parts.map((part) => (typeof part === 'string' ? part : part.cloneNode(true)))
    shown.replaceChildren(...fresh)
    shown.hidden = parts.length === 0
  }
  const speak = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const now = textOf(words)
      if (spoken.textContent !== now) spoken.textContent = now
    }, SETTLE_MS)
  }
  const set = (next: (Node | string)[]) => {
    if (textOf(next) === textOf(words)) return
    words = next
    draw()
    speak()
  }
  return {
    element,
    say: (tag, before = '') => set(tag === undefined ? [] : [before, ...wordsOf(authorship, tag)]),
    hint: (hint) => set([hint]),
    hover: (tag) => {
      if (tag === hovered) return
      hovered = tag
      draw()
    },
    hide: () => {
      hovered = undefined
      set([])
    },
  }
}

const textOf = (parts: (Node | string)[]) => parts.map((part) => (typeof part === 'string' ? part : part.textContent)).join('')

function wordsOf(authorship: Authorship, tag: Tag | null): (Node | string)[] {
  if (tag === DRAFT) return ['From the draft as imported']
  const byline = authorship.byline(tag)
  if (byline === null) return ['Just written']
  if (authorship.isOwn(tag)) return ['Written by you: ', ...bylineNodes(byline)]
  return ['Written by ', ...bylineNodes(byline)]
}
