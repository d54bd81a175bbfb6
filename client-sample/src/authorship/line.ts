/** One line that says by whom the words are on which the caret or the pointer is; spoken when it has settled. */

import { h } from '../dom'
import { bylineNodes, DRAFT, type Tag } from './bylines'
import type { Authorship } from './record'

const SETTLE_MS = 500

type Parts = (Node | string)[]

/** Some words by one author. */
export interface Said {
  tag: Tag | null
  /** Tells one run from another, and one letter of it from another. */
  place: string
  letter?: number
  /** What comes before: the words themselves, where nobody sees which are meant. */
  before?: string
  /** More to say once somebody stays on the words. */
  more?: () => Promise<string>
}

export interface AuthorLine {
  element: HTMLElement
  /** Says whose some words are; null for nothing. */
  say: (said: Said | null) => void
  /** For the pointer alone: not spoken, and taken back with undefined. */
  hover: (tag: Tag | undefined) => void
  hint: (words: string) => void
  hide: () => void
}

export function createLine(authorship: Authorship): AuthorLine {
  const shown = h('p', { class: 'author-words', 'aria-hidden': 'true', hidden: true })
  const spoken = h('p', { class: 'visually-hidden', 'data-testid': 'author-spoken', 'aria-live': 'polite' })
  const element = h('div', { class: 'author-line', 'data-testid': 'author-line' }, shown, spoken)
  let words: Parts = []
  let rest = ''
  let place = ''
  let letter = 0
  let hovered: Tag | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const draw = () => {
    const parts = hovered === undefined ? [...words, rest] : wordsOf(authorship, hovered)
    shown.replaceChildren(...parts.map((part) => (typeof part === 'string' ? part : part.cloneNode(true))))
    shown.hidden = textOf(parts) === ''
  }
  const settle = async (more?: Said['more']) => {
    const here = `${letter} ${place}`
    const found = (await more?.()) ?? ''
    if (here !== `${letter} ${place}`) return
    rest = found
    draw()
    const now = textOf([...words, rest])
    if (spoken.textContent !== now) spoken.textContent = now
  }
  const set = (next: Parts, at: string, index = 0, more?: Said['more']) => {
    const now = `${at} ${textOf(next)}`
    if (now === place && index === letter) return
    if (now !== place) {
      words = next
      rest = ''
      place = now
      draw()
    }
    letter = index
    clearTimeout(timer)
    timer = setTimeout(() => void settle(more), SETTLE_MS)
  }
  return {
    element,
    say: (said) => {
      if (said === null) set([], '')
      else set([said.before ?? '', ...wordsOf(authorship, said.tag)], said.place, said.letter, said.more)
    },
    hint: (hint) => set([hint], ''),
    hover: (tag) => {
      if (tag === hovered) return
      hovered = tag
      draw()
    },
    hide: () => {
      hovered = undefined
      set([], '')
      draw()
    },
  }
}

const textOf = (parts: Parts) => parts.map((part) => (typeof part === 'string' ? part : part.textContent)).join('')

function wordsOf(authorship: Authorship, tag: Tag | null): Parts {
  if (tag === DRAFT) return ['From the draft as imported']
  const byline = authorship.byline(tag)
  if (byline === null) return ['Just written']
  if (authorship.isOwn(tag)) return ['Written by you: ', ...bylineNodes(byline)]
  return ['Written by ', ...bylineNodes(byline)]
}
