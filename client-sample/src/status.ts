/** What the status says, in words, a mark and a state; and what of it is read aloud. */

import { count, h, icon } from './dom'
import type { Standing, State } from './live'

const ICONS: Record<State, string> = { saved: 'check', saving: 'dots', offline: 'cloudOff', 'read-only': 'eye', loading: 'dots' }
const SETTLE_MS = 900

export function statusText({ state, changes, halt, connected }: Standing): string {
  const kept = changes > 0 ? ` — ${count(changes, 'change')} kept on this device` : ''
  if (state === 'offline') return connected && halt === 'storage' ? `Not saved yet${kept}` : `Offline${kept}`
  return { saved: 'Saved', saving: 'Saving…', 'read-only': 'Read only', loading: 'Connecting…' }[state]
}

/** The visible status changes at once; the spoken one only when it has settled, and never for "Saving…". */
export function createStatus(): { element: HTMLElement; show: (standing: Standing) => void } {
  const words = h('span', { class: 'status-words' })
  const spoken = h('span', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' })
  const sign = h('span', { class: 'status-sign' })
  const visible = h('span', { class: 'status', 'data-testid': 'status', 'data-state': 'loading' }, sign, words)
  const element = h('div', { class: 'status-place' }, visible, spoken)
  let timer: ReturnType<typeof setTimeout> | undefined
  const show = (standing: Standing) => {
    const text = statusText(standing)
    if (visible.dataset.state !== standing.state || !sign.firstChild) sign.replaceChildren(icon(ICONS[standing.state]))
    visible.dataset.state = standing.state
    if (words.textContent === text) return
    words.textContent = text
    clearTimeout(timer)
    if (standing.state === 'saving') return
    timer = setTimeout(() => {
      if (spoken.textContent !== text) spoken.textContent = text
    }, SETTLE_MS)
  }
  return { element, show }
}
