/** How the text is shown: plain, coloured by its authors, or as a redline. The choice is this device's. */

import { h, icon } from '../dom'
import type { Colouring } from './looks'

export type ViewMode = 'plain' | Colouring | 'redline'

const STORED = 'adref:view'

const MODES: { mode: ViewMode; name: string; short: string }[] = [
  { mode: 'plain', name: 'Plain', short: 'Plain' },
  { mode: 'group', name: 'By stakeholder group', short: 'By group' },
  { mode: 'delegation', name: 'By delegation', short: 'By delegation' },
  { mode: 'redline', name: 'Redline since …', short: 'Redline' },
]

/** What was chosen on this device last. */
export function rememberedMode(): ViewMode {
  const stored = localStorage.getItem(STORED)
  return MODES.find(({ mode }) => mode === stored)?.mode ?? 'plain'
}

export interface Views {
  element: HTMLElement
  destroy: () => void
}

/** One group of radio buttons: in a row where there is room, behind a button where there is not. */
export function createViews(first: ViewMode, onChoose: (mode: ViewMode) => void): Views {
  const current = h('span', { class: 'views-current' })
  const button = h(
    'button',
    { type: 'button', class: 'tool wide views-button', 'aria-expanded': 'false', 'aria-controls': 'views', onclick: () => open(!isOpen()) },
    icon('palette'),
    h('span', { class: 'views-what' }, 'Authors: '),
    current,
  )
  const choices = MODES.map(({ mode, name, short }) => drawChoice(mode, name, short, mode === first))
  const legend = h('legend', { class: 'visually-hidden' }, 'Show who wrote what')
  const set = h('fieldset', { class: 'views-set', id: 'views', 'data-testid': 'views' }, legend, ...choices)
  const element = h('div', { class: 'views' }, button, set)

  const isOpen = () => element.classList.contains('is-open')
  function open(wanted: boolean): void {
    element.classList.toggle('is-open', wanted)
    button.setAttribute('aria-expanded', String(wanted))
    if (wanted) set.querySelector<HTMLInputElement>('input:checked')?.focus()
  }
  const name = (mode: ViewMode) => (current.textContent = MODES.find((each) => each.mode === mode)!.short)
  set.addEventListener('change', ({ target }) => {
    const mode = (target as HTMLInputElement).value as ViewMode
    localStorage.setItem(STORED, mode)
    name(mode)
    onChoose(mode)
  })
  element.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !isOpen()) return
    open(false)
    button.focus()
  })
  const elsewhere = ({ target }: Event) => {
    if (isOpen() && !element.contains(target as Node)) open(false)
  }
  document.addEventListener('pointerdown', elsewhere)
  document.addEventListener('focusin', elsewhere)
  name(first)
  return {
    element,
    destroy: () => {
      document.removeEventListener('pointerdown', elsewhere)
      document.removeEventListener('focusin', elsewhere)
    },
  }
}

function drawChoice(mode: ViewMode, name: string, short: string, checked: boolean): HTMLElement {
  const input = h('input', { type: 'radio', name: 'view', value: mode, checked, 'aria-label': name })
  return h('label', { class: 'view-choice', title: name }, input, h('span', { class: 'view-long', 'aria-hidden': 'true' }, name), h('span', { class: 'view-short', 'aria-hidden': 'true' }, short))
}
