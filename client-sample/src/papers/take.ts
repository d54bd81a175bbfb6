/** Taking a paper away: a form, for some of them an earlier text, and a button. */

import type { Version } from '../api'
import { h, icon, sentence } from '../dom'
import { FORMS } from './forms'
import { papers } from './requests'

export interface Take {
  element: HTMLElement
  /** Which versions something can be held against, newest first. */
  offer: (versions: readonly Version[]) => void
}

let count = 0

/** `version`: whose paper it is; null for the text of now. */
export function createTake(chapter: string, version: Version | null): Take {
  const number = ++count
  const form = h('select', { id: `take-form-${number}`, onchange: () => showForm() }, ...FORMS.map(({ id, name }) => h('option', { value: id }, name)))
  const since = h('select', { id: `take-since-${number}` })
  const sinceField = h('p', { class: 'paper-field' }, h('label', { for: since.id }, 'Changes since'), since)
  const label = h('span', {}, 'Download')
  const button = h('button', { type: 'submit', class: 'button small primary' }, icon('download'), label)
  const said = h('p', { class: 'paper-said', role: 'status' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const element = h(
    'form',
    { class: 'paper-take', 'data-testid': 'take', onsubmit: (event) => (event.preventDefault(), void take()) },
    h('p', { class: 'paper-field' }, h('label', { for: form.id }, 'Form'), form),
    sinceField,
    button,
    said,
    trouble,
  )

  function showForm(): void {
    sinceField.hidden = !chosen().compares
  }

  const chosen = () => FORMS.find(({ id }) => id === form.value)!

  async function take(): Promise<void> {
    if (button.getAttribute('aria-disabled') === 'true') return
    trouble.textContent = said.textContent = ''
    busy(true)
    try {
      const file = await papers.take(chapter, { form: form.value, version: version?.id ?? '', since: chosen().compares ? since.value : '' })
      save(file)
      said.textContent = `Downloaded: ${file.name}`
    } catch (error) {
      trouble.textContent = sentence(error)
    }
    busy(false)
  }

  function busy(is: boolean): void {
    button.setAttribute('aria-disabled', String(is))
    label.textContent = is ? 'Being made…' : 'Download'
  }

  function offer(versions: readonly Version[]): void {
    const earlier = versions.filter(({ seq, id }) => version === null || (seq <= version.seq && id !== version.id))
    const before = since.value
    since.replaceChildren(h('option', { value: '' }, 'the first draft'), ...earlier.map(({ name }) => h('option', { value: name }, name)))
    since.value = earlier.some(({ name }) => name === before) ? before : ''
  }

  showForm()
  return { element, offer }
}

/** As a download of the browser's. */
function save(file: File): void {
  const address = URL.createObjectURL(file)
  h('a', { href: address, download: file.name }).click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
