/** Since when a redline is shown: the beginning, an hour ago, today, a named version, or a date and time. */

import type { Version } from '../api'
import { h, when } from '../dom'

const STORED = 'adref:redline-since'
const VERSION = 'version:'

export interface Since {
  element: HTMLElement
  /** The chosen time, ISO 8601, or the chosen version's name; null while none is chosen. */
  point: () => string | null
  /** The chosen time in words: "the beginning". */
  words: () => string
  /** Puts named versions into the choice. */
  offer: (versions: Version[]) => void
}

/** `start` is when the chapter was made. */
export function createSince(start: string, onChange: () => void): Since {
  const versions = h('optgroup', { label: 'Versions' })
  const fixed = [
    h('option', { value: 'start' }, 'the beginning'),
    h('option', { value: 'hour' }, 'one hour ago'),
    h('option', { value: 'today' }, 'the start of today'),
  ]
  const select = h('select', { 'aria-label': 'Changes since' }, ...fixed, h('option', { value: 'date' }, 'a date and time …'))
  const date = h('input', { type: 'datetime-local', 'aria-label': 'Date and time', hidden: true, max: local(new Date()) })
  const element = h('div', { class: 'since' }, h('span', { class: 'since-label', 'aria-hidden': 'true' }, 'Changes since'), select, date)

  const kept = localStorage.getItem(STORED) ?? ''
  if (fixed.some(({ value }) => value === kept)) select.value = kept
  select.addEventListener('change', () => {
    localStorage.setItem(STORED, select.value)
    date.hidden = select.value !== 'date'
    if (!date.hidden && date.value === '') {
      date.value = local(new Date(Date.now() - 24 * 3_600_000))
      date.focus()
    }
    onChange()
  })
  date.addEventListener('change', onChange)

  return {
    element,
    point: () => pointOf(select.value, date.value, start),
    words: () => (select.value === 'date' ? new Date(date.value).toLocaleString() : (select.selectedOptions[0]?.textContent ?? '')),
    offer: (list) => {
      if (list.length === 0) return
      const chosen = select.value
      versions.replaceChildren(...list.map(({ name, at }) => h('option', { value: VERSION + name, title: when(at) }, name)))
      select.append(versions)
      select.value = chosen
    },
  }
}

export function pointOf(choice: string, date: string, start: string, now = new Date()): string | null {
  if (choice === 'start') return iso(new Date(start))
  if (choice === 'hour') return iso(new Date(now.getTime() - 3_600_000))
  if (choice === 'today') return iso(new Date(now.getFullYear(), now.getMonth(), now.getDate()))
  if (choice === 'date') return date === '' ? null : iso(new Date(date))
  return choice.slice(VERSION.length)
}

const iso = (date: Date) => (Number.isNaN(date.getTime()) ? null : date.toISOString())

/** A time as a field for date and time takes it. */
function local(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 16)
}
