/** A question that must be answered before going on. */

import { h } from './dom'

interface Question {
  title: string
  text: string
  /** What there is to know beside it. */
  more?: HTMLElement
  /** The button that changes nothing; it has the focus. */
  stay: string
  /** The button that goes on. */
  go: string
}

/** True when the person chose to go on; Escape counts as staying. */
export function ask({ title, text, more, stay, go }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    const close = (answer: boolean) => () => {
      dialog.close(answer ? 'go' : '')
    }
    const dialog = h(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'dialog-title', 'data-testid': 'dialog' },
      h('h2', { id: 'dialog-title' }, title),
      h('p', {}, text),
      more,
      h('div', { class: 'actions' },
        h('button', { type: 'button', class: 'button primary', autofocus: true, onclick: close(false) }, stay),
        h('button', { type: 'button', class: 'button', onclick: close(true) }, go)),
    )
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'go')
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}
