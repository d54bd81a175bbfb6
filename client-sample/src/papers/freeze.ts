/** Freezing the text of now as a version: its symbol, and the date and suffix of its status line. */

import type { Version } from '../api'
import { h, icon, sentence } from '../dom'
import { statusLine } from './forms'
import { papers } from './requests'

const SYMBOL_MOST = 80

export interface Freeze {
  element: HTMLElement
  /** Shows the form or only the button that opens it. */
  fold: () => void
}

/** `onDone` is given what was frozen. */
export function createFreeze(chapter: string, onDone: (version: Version) => void): Freeze {
  const symbol = h('input', { id: 'freeze-symbol', maxlength: SYMBOL_MOST, dir: 'ltr', autocomplete: 'off', spellcheck: 'false', placeholder: 'WSIS+10/4/26/Pre-agreed' })
  const date = h('input', { id: 'freeze-date', type: 'date', required: true, oninput: () => show() })
  const suffix = h('input', { id: 'freeze-suffix', maxlength: 100, dir: 'auto', autocomplete: 'off', placeholder: 'COB', oninput: () => show() })
  const line = h('p', { class: 'freeze-line', id: 'freeze-line' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const submit = h('button', { type: 'submit', class: 'button small primary' }, icon('stamp'), 'Freeze')
  const field = (label: string, input: HTMLElement) => h('p', { class: 'paper-field' }, h('label', { for: input.id }, label), input)
  const form = h(
    'form',
    { class: 'freeze-form', 'data-testid': 'freeze', hidden: true, onsubmit: (event) => (event.preventDefault(), void freeze()), onkeydown: (event) => keys(event as KeyboardEvent) },
    h('p', { class: 'freeze-what' }, 'Fixes the text as the server has it now, with its labels and statuses. Everybody goes on writing. What is frozen can’t be changed or taken away.'),
    h('div', { class: 'freeze-fields' }, field('Document symbol (optional)', symbol), field('Date', date), field('Suffix (optional)', suffix)),
    line,
    trouble,
    h('div', { class: 'actions' }, submit, h('button', { type: 'button', class: 'button small', onclick: () => (fold(), open.focus()) }, 'Cancel')),
  )
  const open = h('button', { type: 'button', class: 'button freeze-open', 'aria-expanded': 'false', onclick: () => unfold() }, icon('stamp'), 'Freeze this text…')
  const element = h('div', { class: 'freeze' }, open, form)

  function show(): void {
    line.textContent = statusLine(date.value, suffix.value)
  }

  function unfold(): void {
    form.hidden = false
    open.hidden = true
    open.setAttribute('aria-expanded', 'true')
    date.value ||= today()
    show()
    symbol.focus()
  }

  function fold(): void {
    form.hidden = true
    open.hidden = false
    open.setAttribute('aria-expanded', 'false')
    trouble.textContent = ''
  }

  /** Escape folds the form, and leaves the panel open. */
  function keys(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    fold()
    open.focus()
  }

  async function freeze(): Promise<void> {
    if (submit.disabled) return
    submit.disabled = true
    trouble.textContent = ''
    try {
      const version = await papers.freeze(chapter, { symbol: symbol.value.trim(), date: date.value, suffix: suffix.value })
      symbol.value = suffix.value = date.value = ''
      fold()
      onDone(version)
    } catch (error) {
      trouble.textContent = sentence(error)
    }
    submit.disabled = false
  }

  return { element, fold }
}

/** Where the reader is. */
function today(): string {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}
