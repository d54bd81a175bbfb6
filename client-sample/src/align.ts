/** Puts each group of notes level with its paragraph, pushing down what would overlap. */

import { elementOf } from './editor/editor'

const GAP = 14

export function alignNotes(notes: HTMLElement, text: HTMLElement): void {
  const list = notes.querySelector<HTMLElement>('.note-groups')
  if (list === null) return
  const beside = getComputedStyle(notes).getPropertyValue('--beside').trim() === '1'
  notes.classList.toggle('is-beside', beside)
  const groups = [...list.children] as HTMLElement[]
  if (!beside) {
    for (const group of groups) group.style.removeProperty('top')
    list.style.removeProperty('min-height')
    return
  }
  const top = list.getBoundingClientRect().top
  const wanted = groups.map((group) => elementOf(text, group.dataset.paragraph ?? '')?.getBoundingClientRect().top)
  const heights = groups.map((group) => group.offsetHeight)
  let free = 0
  groups.forEach((group, i) => {
    const place = Math.max(free, (wanted[i] ?? top + free) - top)
    group.style.top = `${Math.round(place)}px`
    free = place + heights[i]! + GAP
  })
  list.style.minHeight = `${Math.round(free)}px`
}
