/** Words that the server did not take, kept on the page so that their author can copy them. */

import type { UnconfirmedText } from './confirm'
import { h, icon } from './dom'

export function rescueCard(pieces: UnconfirmedText[], onDone: () => void): HTMLElement {
  const words = pieces.map(({ paragraph, text }) => (paragraph ? `[${paragraph}] ${text}` : text)).join('\n\n')
  const field = h('textarea', { readonly: true, dir: 'auto', rows: Math.min(10, 2 + pieces.length * 2), 'aria-label': 'Your words' })
  field.value = words
  const copied = h('span', { class: 'hint', role: 'status' })
  const copy = async () => {
    field.select()
    await navigator.clipboard?.writeText(words).catch(() => document.execCommand('copy'))
    copied.textContent = 'Copied'
  }
  return h(
    'section',
    { class: 'rescue', 'data-testid': 'rescue', role: 'alertdialog', 'aria-label': 'Words that were not saved' },
    h('h2', {}, icon('warn'), 'Some of your words could not be saved'),
    h('p', {}, 'The server did not accept the last changes from this page, so the chapter was loaded afresh. This is what you had written:'),
    field,
    h('div', { class: 'actions' },
      h('button', { type: 'button', class: 'button primary', onclick: () => void copy() }, icon('copy'), 'Copy'),
      h('button', { type: 'button', class: 'button', onclick: onDone }, 'I have what I need'),
      copied),
  )
}
