/** Where a file is dropped, or chosen with the keyboard; and how far its way to the server is. */

import { h, icon } from '../dom'
import { ACCEPTED, choose, type Chosen, type Progress } from './upload'

export interface Drop {
  element: HTMLElement
  focus: () => void
  destroy: () => void
}

/** `around`: a file may be dropped anywhere on it. */
export function createDrop(what: string, around: EventTarget, onChosen: (chosen: Chosen) => void): Drop {
  const field = h('input', { type: 'file', class: 'drop-field', accept: ACCEPTED, onchange: () => void take(field.files) })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const zone = h(
    'label',
    { class: 'drop' },
    icon('upload'),
    h('span', { class: 'drop-words' }, `Drop ${what} here, or `, h('span', { class: 'drop-choose' }, 'choose a file')),
    h('span', { class: 'drop-kinds' }, 'Word (.docx), plain text (.txt) or Markdown (.md)'),
    field,
  )
  const element = h('div', { class: 'drop-place' }, zone, trouble)

  async function take(files: FileList | null | undefined): Promise<void> {
    zone.classList.remove('is-over')
    trouble.textContent = ''
    const file = files?.[0]
    if (file === undefined) return
    if (files!.length > 1) return void (trouble.textContent = 'One file at a time, please.')
    try {
      const chosen = await choose(file)
      field.value = ''
      onChosen(chosen)
    } catch {
      trouble.textContent = 'This file can’t be read. If it is a folder, or open in another program, please choose another one.'
    }
  }

  const isFile = (event: Event) => (event as DragEvent).dataTransfer?.types.includes('Files') ?? false
  const over = (event: Event) => {
    if (!isFile(event)) return
    event.preventDefault()
    ;(event as DragEvent).dataTransfer!.dropEffect = 'copy'
    zone.classList.add('is-over')
  }
  const out = (event: Event) => {
    if ((event as DragEvent).relatedTarget === null) zone.classList.remove('is-over')
  }
  const drop = (event: Event) => {
    if (!isFile(event)) return
    event.preventDefault()
    void take((event as DragEvent).dataTransfer?.files)
  }
  const heard: [string, (event: Event) => void][] = [['dragenter', over], ['dragover', over], ['dragleave', out], ['drop', drop]]
  for (const [name, listener] of heard) around.addEventListener(name, listener)
  return {
    element,
    focus: () => field.focus(),
    destroy: () => heard.forEach(([name, listener]) => around.removeEventListener(name, listener)),
  }
}

export interface Meter {
  element: HTMLElement
  progress: Progress
  /** Shows it with these words, or hides it. */
  show: (words: string | null) => void
}

/** `done`: what is said once the server has all of it. */
export function createMeter(): Meter {
  const bar = h('progress', { max: 100, 'aria-label': 'Sent' })
  const words = h('span', {})
  const element = h('div', { class: 'meter', role: 'status', hidden: true }, words, bar)
  return {
    element,
    progress: (share) => {
      if (share === null) bar.removeAttribute('value')
      else bar.value = Math.round(share * 100)
    },
    show: (said) => {
      element.hidden = said === null
      words.textContent = said ?? ''
      bar.removeAttribute('value')
    },
  }
}
