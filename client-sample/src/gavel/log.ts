/** The log of rulings: who ruled what, when and why. */

import { h } from '../dom'
import type { Ruling } from './rulings'
import { actWords, capital, moment, ruler } from './words'

const SHOWN = 200

export interface RulingsLog {
  element: HTMLDetailsElement
  /** `current`: the paragraph in which the caret stands. */
  show: (acts: () => readonly Ruling[], version: number, places: () => (id: string) => string, current: string | null) => void
}

export function createLog(): RulingsLog {
  const tally = h('span', { class: 'count' })
  const list = h('ol', { class: 'acts' })
  const only = h('input', { type: 'checkbox', onchange: () => draw() })
  const none = h('p', { class: 'acts-none' })
  const element = h(
    'details',
    { class: 'rulings', 'data-testid': 'rulings', ontoggle: () => draw() },
    h('summary', {}, h('h2', {}, 'Rulings ', tally)),
    h('label', { class: 'acts-only' }, only, 'Only the paragraph at the caret'),
    none,
    list,
  )
  let state: Parameters<RulingsLog['show']> | null = null
  let shown = ''
  const draw = () => {
    if (state === null) return
    const [acts, version, places, current] = state
    const all = acts()
    tally.textContent = String(all.length)
    if (!element.open) return
    const wanted = only.checked ? all.filter(({ paragraph }) => paragraph === current) : all
    const place = places()
    const rows = wanted.slice(0, SHOWN).map((act) => ({ act, words: actWords(act, place(act.paragraph)) }))
    const now = JSON.stringify([version, rows.map(({ words }) => words)])
    if (now === shown) return
    shown = now
    none.textContent = rows.length > 0 ? '' : 'Nothing has been ruled yet.'
    list.replaceChildren(...rows.map(({ act, words }) => drawAct(act, words)))
  }
  const show: RulingsLog['show'] = (...next) => {
    state = next
    draw()
  }
  return { element, show }
}

function drawAct(act: Ruling, words: string): HTMLElement {
  return h(
    'li',
    { 'data-act': act.act },
    h('span', { class: 'act-when' }, h('time', { datetime: act.at }, moment(act.at)), ' ', ruler(act.by)),
    h('span', { class: 'act-what' }, `${capital(words)}.`),
    act.reason !== '' && h('span', { class: 'act-why', dir: 'auto' }, act.reason),
  )
}
