/** The carets of the others, each with the name and delegation that the server put to it. */

import type { DecorationAttrs } from 'prosemirror-view'
import type { Awareness } from 'y-protocols/awareness'
import type { Participant } from '../api'
import { h } from '../dom'

export type Person = Participant & { color?: string }

const REST_MS = 4_000
const DEFAULT_COLOR = '#5b6770'

/** The colour of a person's delegation, if it is one that can be used. */
export function colorOf(person: Partial<Person>): string {
  return /^#[0-9a-f]{6}$/i.test(person.color ?? '') ? person.color! : DEFAULT_COLOR
}

/** Black or white, whichever is read more easily on `color`. */
export function inkOn(color: string): string {
  const channels = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16) / 255)
  const [r, g, b] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [number, number, number]
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return luminance > 0.179 ? '#000000' : '#ffffff'
}

/** "Amina Hassan · Egypt" */
export function fullName(person: Partial<Person>): string {
  return [person.name, person.delegation_name].filter(Boolean).join(' · ')
}

export function buildCaret(person: Person, client: number): HTMLElement {
  const color = colorOf(person)
  const tag = h('span', { class: 'caret-tag' }, h('bdi', { class: 'caret-name' }, person.name ?? ''))
  if (person.delegation_name) tag.append(h('span', { class: 'caret-delegation' }, h('bdi', {}, person.delegation_name)))
  const caret = h('span', { class: 'caret', 'data-client': client, 'aria-hidden': 'true', contenteditable: 'false' }, '\u2060', tag, '\u2060')
  caret.style.setProperty('--person', color)
  caret.style.setProperty('--person-ink', inkOn(color))
  return caret
}

export function buildSelection(person: Person): DecorationAttrs {
  return { class: 'their-selection', style: `background-color: ${colorOf(person)}33` }
}

/** Whose carets are shown: those the server has named, and not one's own in another tab. */
export function isShown(own: string): (client: number, other: number, state: { user?: Person }) => boolean {
  return (client, other, state) => client !== other && state.user?.id !== undefined && state.user.id !== own
}

/** Shortens the tag of a caret that has been still for a while to its delegation, so that tags do not cover the text. */
export function restingCarets(awareness: Awareness, root: HTMLElement): () => void {
  const moved = new Map<number, { cursor: string; at: number }>()
  const tick = () => {
    for (const [client, state] of awareness.getStates()) {
      const cursor = JSON.stringify((state as { cursor?: unknown }).cursor ?? null)
      if (moved.get(client)?.cursor !== cursor) moved.set(client, { cursor, at: Date.now() })
    }
    for (const caret of root.querySelectorAll<HTMLElement>('.caret')) {
      const at = moved.get(Number(caret.dataset.client))?.at ?? 0
      caret.classList.toggle('is-resting', Date.now() - at > REST_MS)
    }
  }
  const timer = setInterval(tick, 1_000)
  awareness.on('change', tick)
  return () => {
    clearInterval(timer)
    awareness.off('change', tick)
  }
}
