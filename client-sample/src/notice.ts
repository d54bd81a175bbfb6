/** Banners at the head of the page: each about one thing, each with words and a mark. */

import { h, icon } from './dom'

export interface Banner {
  tone: 'info' | 'warn'
  text: string
  actions?: { label: string; run: () => void }[]
}

export function createNotices(): { element: HTMLElement; show: (topic: string, banner: Banner | null) => void } {
  const element = h('div', { class: 'notices', role: 'region', 'aria-label': 'Notices', 'aria-live': 'polite' })
  const shown = new Map<string, { words: string; element: HTMLElement }>()
  const show = (topic: string, banner: Banner | null) => {
    const before = shown.get(topic)
    if (before?.words === banner?.text) return
    before?.element.remove()
    shown.delete(topic)
    if (banner === null) return
    const buttons = (banner.actions ?? []).map(({ label, run }) => h('button', { type: 'button', class: 'button small', onclick: run }, label))
    const made = h(
      'div',
      { class: `notice ${banner.tone}`, 'data-testid': 'notice', 'data-topic': topic },
      icon(banner.tone === 'warn' ? 'warn' : 'info'),
      h('p', {}, banner.text),
      ...buttons,
    )
    shown.set(topic, { words: banner.text, element: made })
    element.append(made)
  }
  return { element, show }
}
