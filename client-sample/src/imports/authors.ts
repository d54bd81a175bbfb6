/** Who is who: for each author of a Word file, the delegation they stand for. Nobody is guessed. */

import { h, icon } from '../dom'
import type { FileAuthor } from './report'
import type { Given } from './upload'

export interface Delegation {
  id: string
  name: string
}

/** The delegations of some participants, by name. */
export function delegationsOf(people: readonly { delegation: string; delegation_name: string }[]): Delegation[] {
  const names = new Map(people.map((one) => [one.delegation, one.delegation_name]))
  return [...names].map(([id, name]) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name))
}

export interface Authors {
  element: HTMLElement
  /** `deeds`: what each did, in words, by name. The fields stay while the names do. */
  show: (authors: readonly FileAuthor[], deeds: ReadonlyMap<string, string>) => void
  given: () => Given
}

let sets = 0

export function createAuthors(delegations: readonly Delegation[], onChange: () => void): Authors {
  const set = ++sets
  const given = new Map<string, string>()
  const rows = h('ul', { class: 'authors-rows' })
  const element = h(
    'fieldset',
    { class: 'authors', 'data-testid': 'authors', hidden: true },
    h('legend', {}, 'Who is who'),
    h('p', { class: 'import-note' }, 'The names under which the file was changed and commented, and for whom they stand. Nobody is guessed: words of whoever is not known are nobody’s, as the draft is.'),
    rows,
  )
  const shown = new Map<string, (author: FileAuthor, deed: string) => void>()

  function show(authors: readonly FileAuthor[], deeds: ReadonlyMap<string, string>): void {
    element.hidden = authors.length === 0
    for (const author of authors) {
      if (!shown.has(author.name)) shown.set(author.name, addRow(author.name))
      shown.get(author.name)!(author, deeds.get(author.name) ?? '')
    }
  }

  function addRow(name: string): (author: FileAuthor, deed: string) => void {
    const id = `author-${set}-${shown.size}`
    const nobody = h('option', { value: '' }, 'Nobody: as the draft is')
    const select = h('select', { id }, nobody, ...delegations.map((one) => h('option', { value: one.id }, one.name)))
    const deeds = h('span', { class: 'author-deeds' })
    const asked = h('span', { class: 'author-asked' }, icon('warn'), 'Who is this?')
    select.addEventListener('change', () => {
      if (select.value === '') given.delete(name)
      else given.set(name, select.value)
      onChange()
    })
    const row = h('li', { class: 'author' }, h('label', { for: id }, h('bdi', {}, name || '(no name)')), deeds, asked, select)
    rows.append(row)
    return ({ delegation }, deed) => {
      const known = delegations.find((one) => one.name === delegation)
      if (!given.has(name)) select.value = known?.id ?? ''
      // Whom the server knows by name can be another delegation, but not nobody.
      nobody.hidden = nobody.disabled = !given.has(name) && known !== undefined
      deeds.textContent = deed
      asked.hidden = select.value !== ''
      row.classList.toggle('is-asked', !asked.hidden)
    }
  }

  return { element, show, given: () => given }
}
