/** Importing a draft: choose a file, see what was read of it, say who is who, and begin a chapter with it. */

import { api } from '../api'
import { h, icon, sentence } from '../dom'
import { createAuthors, delegationsOf, type Authors } from './authors'
import { drawChanges, drawFacts, drawProblems, drawRead } from './draw'
import { createDrop, createMeter } from './drop'
import { deeds, type Report } from './report'
import { importAddress, upload, type Chosen } from './upload'

const TITLE_MOST = 200

export interface Importer {
  /** Unfolds the rest. */
  button: HTMLButtonElement
  element: HTMLElement
  destroy: () => void
}

/** `onImported`: there is a new chapter. */
export function createImporter(onImported: () => void): Importer {
  let chosen: Chosen | null = null
  let authors: Authors | null = null
  let report: Report | null = null
  let turn = 0
  const drop = createDrop('a draft', window, (file) => (open(true), void begin(file)))
  const meter = createMeter()
  const trouble = h('p', { class: 'trouble import-trouble', role: 'alert' })
  const title = h('input', { id: 'import-title', maxlength: TITLE_MOST, dir: 'auto', autocomplete: 'off' })
  const heading = h('h2', { tabindex: '-1' })
  const top = h('div', {})
  const whoIsWho = h('div', {})
  const rest = h('div', { class: 'import-rest' })
  const go = h('button', { type: 'submit', class: 'button primary' }, 'Import as a new chapter')
  const other = h('button', { type: 'button', class: 'button', onclick: () => again() }, 'Choose another file')
  const form = h(
    'form',
    { class: 'import-report', 'data-testid': 'import-report', hidden: true, onsubmit: (event) => (event.preventDefault(), void keep()) },
    heading,
    top,
    whoIsWho,
    rest,
    h('p', {}, h('label', { for: title.id }, 'Title of the chapter'), title),
    h('div', { class: 'actions' }, go, other),
  )
  const done = h('div', { class: 'import-done', hidden: true })
  const element = h('section', { class: 'create import', 'data-testid': 'import', 'aria-label': 'Import a draft', hidden: true }, drop.element, meter.element, trouble, form, done)
  const button = h('button', { type: 'button', class: 'button', 'aria-expanded': 'false', onclick: () => open(element.hidden === true) }, icon('upload'), 'Import a draft')

  function open(wanted: boolean): void {
    element.hidden = !wanted
    button.setAttribute('aria-expanded', String(wanted))
    if (wanted && !drop.element.hidden) drop.focus()
  }

  function again(): void {
    turn++
    chosen = report = authors = null
    form.hidden = done.hidden = true
    drop.element.hidden = false
    trouble.textContent = ''
    meter.show(null)
    drop.focus()
  }

  async function begin(file: Chosen): Promise<void> {
    again()
    chosen = file
    drop.element.hidden = true
    const delegations = await api.participants().then(delegationsOf, () => [])
    authors = createAuthors(delegations, () => void look(false))
    whoIsWho.replaceChildren(authors.element)
    await look(true)
  }

  /** Reads without keeping, and shows the report. `first`: of this file. */
  async function look(first: boolean): Promise<void> {
    const mine = ++turn
    trouble.textContent = ''
    go.disabled = true
    meter.show(`Reading ${chosen!.name}…`)
    try {
      const found = await send(true)
      if (mine !== turn) return
      report = found
      show(found)
      if (first) {
        title.value = found.title
        heading.focus()
      }
      go.disabled = false
    } catch (error) {
      if (mine === turn) failed(error)
    }
    if (mine === turn) meter.show(null)
  }

  const send = (dryRun: boolean) => {
    const wanted = title.value.trim()
    const sending = { dryRun, given: authors!.given(), ...(!dryRun && wanted !== '' && { title: wanted }) }
    return upload<Report>(importAddress, chosen!, sending, meter.progress)
  }

  /** The file and what was said of it stay: it can be tried again. */
  function failed(error: unknown): void {
    trouble.textContent = `${chosen!.name}: ${sentence(error)}`
    if (report === null) drop.element.hidden = false
    else go.disabled = false
  }

  function show(found: Report): void {
    form.hidden = false
    heading.replaceChildren('What was read in ', h('bdi', {}, chosen!.name))
    authors!.show(found.authors, deeds(found))
    top.replaceChildren(drawFacts(found))
    const opened = [...rest.querySelectorAll('details')].map((one) => one.open)
    rest.replaceChildren(...[drawProblems(found), drawChanges(found), drawRead(found)].filter((each) => each !== null))
    rest.querySelectorAll('details').forEach((one, i) => (one.open = opened[i] ?? one.open))
  }

  async function keep(): Promise<void> {
    if (go.disabled) return
    go.disabled = other.disabled = true
    trouble.textContent = ''
    meter.show(`Importing ${chosen!.name}…`)
    try {
      const { chapter } = await send(false)
      imported(chapter!)
    } catch (error) {
      failed(error)
    }
    meter.show(null)
    other.disabled = false
  }

  function imported({ id, title }: { id: string; title: string }): void {
    form.hidden = true
    const link = h('a', { class: 'button primary', href: `/chapters/${encodeURIComponent(id)}` }, 'Open the chapter')
    const next = h('button', { type: 'button', class: 'button', onclick: () => again() }, 'Import another')
    done.hidden = false
    done.replaceChildren(h('p', { role: 'status' }, icon('check'), 'Imported: ', h('bdi', {}, title)), h('div', { class: 'actions' }, link, next))
    link.focus()
    onImported()
  }

  return { button, element, destroy: drop.destroy }
}
