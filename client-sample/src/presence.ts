/** Who is here: people, not connections, by stakeholder group. */

import type { Awareness } from 'y-protocols/awareness'
import type { Participant } from './api'
import { count, h } from './dom'
import { colorOf, type Person } from './editor/carets'

const ORDER = ['government', 'private sector', 'civil society', 'international organization', 'technical community', 'academia']

/** "civil-society" → "Civil society" */
export function groupName(group: string): string {
  const words = group.replace(/[-_]/g, ' ').trim()
  return words === '' ? 'Others' : words[0]!.toUpperCase() + words.slice(1)
}

/** Everyone in the chapter once, oneself first. */
export function peopleHere(states: Iterable<{ user?: Person }>, me: Participant): Person[] {
  const people = new Map<string, Person>([[me.id, { ...me }]])
  for (const { user } of states) {
    if (user?.id !== undefined && user.name) people.set(user.id, { ...people.get(user.id), ...user })
  }
  return [...people.values()]
}

/** Which of two groups comes first in the field's usual order; 0 for two that have no place in it. */
export function byGroupOrder(a: string, b: string): number {
  const place = (name: string) => (ORDER.indexOf(name.toLowerCase()) + ORDER.length + 1) % (ORDER.length + 1)
  return place(a) - place(b)
}

/** People by group, the groups in the field's usual order, the people by delegation and name. */
export function byGroup(people: Person[]): [string, Person[]][] {
  const groups = new Map<string, Person[]>()
  for (const person of people) {
    const name = groupName(person.group ?? '')
    groups.set(name, [...(groups.get(name) ?? []), person])
  }
  for (const list of groups.values()) {
    list.sort((a, b) => a.delegation_name.localeCompare(b.delegation_name) || a.name.localeCompare(b.name))
  }
  return [...groups].sort(([a], [b]) => byGroupOrder(a, b) || a.localeCompare(b))
}

export function createPresence(awareness: Awareness, me: Participant): { element: HTMLElement; destroy: () => void } {
  const total = h('span', { class: 'count' })
  const groups = h('div', { class: 'groups' })
  const element = h(
    'section',
    { class: 'presence', 'data-testid': 'presence', 'aria-label': 'Who is here' },
    h('h2', {}, 'Who is here ', total),
    groups,
  )
  let shown = ''
  const draw = () => {
    const people = peopleHere(awareness.getStates().values(), me)
    const now = JSON.stringify(people)
    if (now === shown) return
    shown = now
    total.textContent = String(people.length)
    total.setAttribute('aria-label', count(people.length, 'person', 'people'))
    groups.replaceChildren(...byGroup(people).map(([name, list]) => drawGroup(name, list, me)))
  }
  awareness.on('change', draw)
  draw()
  return { element, destroy: () => awareness.off('change', draw) }
}

function drawGroup(name: string, people: Person[], me: Participant): HTMLElement {
  const rows = people.map((person) => {
    const dot = h('span', { class: person.id === me.id ? 'dot is-you' : 'dot', 'aria-hidden': 'true' })
    if (person.id !== me.id) dot.style.setProperty('--person', colorOf(person))
    const you = person.id === me.id ? h('span', { class: 'you' }, ' (you)') : null
    const where = [person.delegation_name, person.role].filter(Boolean).join(' · ')
    return h('li', {}, dot, h('span', { class: 'person-name' }, h('bdi', {}, person.name), you), h('span', { class: 'person-where' }, h('bdi', {}, where)))
  })
  return h('div', { class: 'group' }, h('h3', {}, name, ' ', h('span', { class: 'count' }, String(people.length))), h('ul', {}, ...rows))
}
