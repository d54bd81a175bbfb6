/** Banners at the head of the page: each about one thing, each with words and a mark. */

import { h, icon } from './dom'

export interface Banner {
  tone: 'info' | 'warn'
  text: string
  /** For what comes and goes: shown at the foot of the window, so that the text does not move, and only if it lasts. */
  passing?: boolean
  actions?: { label: string; run: () => void }[]
}

const LASTS_MS = 1_500

export interface Notices {
  element: HTMLElement
  /** Shows, changes or removes (with null) the banner about a topic. */
  show: (topic: string, banner: Banner | null) => void
}

export function createNotices(): Notices {
  const standing = h('div', { class: 'notices-standing' })
  const passing = h('div', { class: 'notices-passing' })
  const element = h('div', { class: 'notices', role: 'region', 'aria-label': 'Notices', 'aria-live': 'polite' }, standing, passing)
  const shown = new Map<string, { words: string; remove: () => void }>()
  const show = (topic: string, banner: Banner | null) => {
    const before = shown.get(topic)
    if (before?.words === banner?.text) return
    before?.remove()
    shown.delete(topic)
    if (banner === null) return
    const made = draw(topic, banner)
    const put = () => (banner.passing ? passing : standing).append(made)
    const timer = banner.passing ? setTimeout(put, LASTS_MS) : (put(), undefined)
    shown.set(topic, {
      words: banner.text,
      remove: () => {
        clearTimeout(timer)
        made.remove()
      },
    })
  }
  return { element, show }
}

function draw(topic: string, { tone, text, actions = [] }: Banner): HTMLElement {
  const buttons = actions.map(({ label, run }) => h('button', { type: 'button', class: 'button small', onclick: run }, label))
  const sign = icon(tone === 'warn' ? 'warn' : 'info')
  return h('div', { class: `notice ${tone}`, 'data-testid': 'notice', 'data-topic': topic }, sign, h('p', {}, text), ...buttons)
}
