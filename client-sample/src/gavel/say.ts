/** One calm line at the foot of the window, read aloud politely, that goes by itself. */

import { h, icon } from '../dom'

const STAYS_MS = 7_000

export interface Speaker {
  element: HTMLElement
  /** The same words are said again only after they have gone. */
  say: (words: string) => void
}

export function createSpeaker(): Speaker {
  const words = h('span', { dir: 'auto' })
  const line = h('div', { class: 'spoken', hidden: true }, icon('lock'), words)
  const element = h('div', { class: 'speaker', role: 'status', 'aria-live': 'polite', 'data-testid': 'spoken' }, line)
  let timer: ReturnType<typeof setTimeout> | undefined
  const say = (text: string) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      line.hidden = true
      words.textContent = ''
    }, STAYS_MS)
    line.hidden = false
    if (words.textContent !== text) words.textContent = text
  }
  return { element, say }
}
