/** Bringing an edited file back into the chapter that it came from: first what it would change, then the change. */

import { api } from '../api'
import { h, icon, sentence } from '../dom'
import { drawRuns } from '../gavel/cards'
import { session } from '../session'
import { createAuthors, delegationsOf, type Authors } from './authors'
import { drawProblems } from './draw'
import { createDrop, createMeter } from './drop'
import { FATES, mergeTally, STATE_WORDS, type Difference, type Merge } from './merge'
import { mergeAddress, upload, type Chosen } from './upload'

export interface BringBack {
  element: HTMLElement
  destroy: () => void
}

/** `around`: where a file may be dropped. `onDone`: is told what was done. */
export function createBringBack(chapter: string, around: EventTarget, onDone: (words: string) => void): BringBack {
  let chosen: Chosen | null = null
  let authors: Authors | null = null
  let shown = false
  let turn = 0
  const drop = createDrop('the edited file', around, (file) => (open(true), void begin(file)))
  const meter = createMeter()
  const trouble = h('p', { class: 'trouble import-trouble', role: 'alert' })
  const heading = h('h4', { tabindex: '-1' })
  const top = h('div', {})
  const whoIsWho = h('div', {})
  const rest = h('div', { class: 'import-rest' })
  const go = h('button', { type: 'submit', form: 'merge-report', class: 'button small primary', hidden: true }, 'Bring this in')
  const cancel = h('button', { type: 'button', class: 'button small', onclick: () => close() }, 'Cancel')
  const report = h(
    'form',
    { class: 'import-report', id: 'merge-report', 'data-testid': 'merge-report', hidden: true, onsubmit: (event) => (event.preventDefault(), void keep()) },
    heading, top, whoIsWho, rest,
  )
  const note = h('p', { class: 'import-note' }, 'A Word file that was downloaded here, and edited since: with tracked changes or without. First you see what it would change.')
  const page = h('div', { class: 'bring-back-page', hidden: true, onkeydown: (event) => keys(event as KeyboardEvent) }, note, drop.element, meter.element, trouble, report, h('div', { class: 'actions' }, go, cancel))
  const button = h('button', { type: 'button', class: 'button', 'aria-expanded': 'false', onclick: () => open(true) }, icon('upload'), 'Bring an edited file back…')
  const element = h('div', { class: 'bring-back', 'data-testid': 'bring-back' }, button, page)

  function open(wanted: boolean): void {
    page.hidden = !wanted
    button.hidden = wanted
    if (wanted && !drop.element.hidden) drop.focus()
  }

  function close(): void {
    reset()
    open(false)
    button.focus()
  }

  function keys(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    close()
  }

  function reset(): void {
    turn++
    chosen = authors = null
    shown = false
    report.hidden = go.hidden = true
    drop.element.hidden = note.hidden = false
    trouble.textContent = ''
    meter.show(null)
  }

  async function begin(file: Chosen): Promise<void> {
    reset()
    chosen = file
    drop.element.hidden = note.hidden = true
    const people = session.may('import-chapter') ? await api.participants().catch(() => []) : []
    authors = createAuthors(delegationsOf(people), () => void look(false))
    whoIsWho.replaceChildren(authors.element)
    await look(true)
  }

  const send = (dryRun: boolean) => upload<Merge>(mergeAddress(chapter), chosen!, { dryRun, given: authors!.given() }, meter.progress)

  async function look(first: boolean): Promise<void> {
    const mine = ++turn
    trouble.textContent = ''
    go.disabled = true
    meter.show(`Reading ${chosen!.name}…`)
    try {
      const found = await send(true)
      if (mine !== turn) return
      show(found)
      if (first) heading.focus()
    } catch (error) {
      if (mine === turn) failed(error)
    }
    if (mine === turn) meter.show(null)
  }

  function failed(error: unknown): void {
    trouble.textContent = `${chosen!.name}: ${sentence(error)}`
    if (shown) go.disabled = false
    else drop.element.hidden = false
  }

  function show(found: Merge): void {
    shown = true
    report.hidden = false
    go.disabled = go.hidden = !found.changed
    heading.replaceChildren('What ', h('bdi', {}, chosen!.name), ' would change')
    // Only the secretariat says who is who; of all others the file is their own.
    if (session.may('import-chapter')) authors!.show(found.authors, new Map())
    const words = mergeTally(found)
    top.replaceChildren(h('p', {}, words === '' ? 'Nothing: the chapter says all of it already.' : `${words}.`), h('p', { class: 'import-note' }, sentence(found.base.text)))
    rest.replaceChildren(...drawFates(found), drawProblems({ problems: found.problems, unit: 'paragraph' }))
  }

  async function keep(): Promise<void> {
    if (go.disabled) return
    go.disabled = cancel.disabled = true
    trouble.textContent = ''
    meter.show(`Bringing ${chosen!.name} in…`)
    try {
      const made = await send(false)
      onDone(`Brought in from ${chosen!.name}: ${mergeTally(made) || 'nothing was left to change'}.`)
      close()
    } catch (error) {
      failed(error)
      meter.show(null)
    }
    cancel.disabled = false
  }

  return { element, destroy: drop.destroy }
}

function drawFates({ differences, comments }: Merge): HTMLElement[] {
  const parts = FATES.map(({ states, title, open }) => ({ title, open, of: differences.filter(({ state }) => states.includes(state)) }))
  const lists = parts.filter(({ of }) => of.length > 0).map(({ title, open, of }) => part(title, open, of.map(drawDifference)))
  const said = comments.map(({ label, name, text }) => h('li', {}, place(label), h('p', {}, h('bdi', {}, name), ': ', h('q', { class: 'quoted', dir: 'auto' }, text))))
  return said.length > 0 ? [...lists, part('New comments', false, said)] : lists
}

function part(title: string, open: boolean, rows: HTMLElement[]): HTMLElement {
  return h('details', { class: 'import-part', open }, h('summary', {}, `${title} `, h('span', { class: 'count' }, String(rows.length))), h('ol', { class: 'problems' }, ...rows))
}

const place = (label: string) => h('strong', { class: 'problem-place' }, label === '' ? 'A paragraph without a label' : `Paragraph \u2068${label}\u2069`)

function drawDifference({ label, state, runs, new_label, meanwhile, conflict, reason, by, notes }: Difference): HTMLElement {
  const said = [
    ...(new_label !== null ? [`Its label becomes \u2068${new_label}\u2069.`] : []),
    ...(by.length > 0 ? [`By ${by.map((name) => `\u2068${name}\u2069`).join(', ')}.`] : []),
    ...(reason !== '' ? [sentence(reason)] : []),
    ...(conflict ? ['Others changed the same words since the file was made: both stand side by side, and somebody must choose.'] : meanwhile ? ['It was changed in the chapter since the file was made.'] : []),
    ...notes.map(sentence),
  ]
  const words = drawRuns({ runs })
  return h(
    'li',
    { class: 'difference', 'data-state': state },
    h('p', {}, place(label), ' ', h('span', { class: 'difference-state' }, STATE_WORDS[state])),
    words.length > 0 && h('div', { class: 'kept-words', dir: 'auto' }, ...words),
    ...said.map((line) => h('p', { class: 'import-note' }, line)),
  )
}
