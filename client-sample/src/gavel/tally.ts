/** How many paragraphs of the chapter have which status, live. */

import type { Node } from 'prosemirror-model'
import { h } from '../dom'
import type { Rulings, Status } from './rulings'
import { tallyWords } from './words'

export interface Counts {
  of: ReadonlyMap<Status, number>
  /** Of those, how many were changed after they had been agreed. */
  voided: number
}

/** Over the paragraphs that are in the text, headings not among them. */
export function countStatuses(doc: Node, { standings }: Rulings): Counts {
  const of = new Map<Status, number>()
  let voided = 0
  doc.forEach((node) => {
    if (node.type.name === 'heading' || typeof node.attrs.id !== 'string') return
    const standing = standings.get(node.attrs.id)
    const status = standing?.status ?? 'draft'
    of.set(status, (of.get(status) ?? 0) + 1)
    if (standing && standing.voidAt !== null) voided++
  })
  return { of, voided }
}

export function createTally(): { element: HTMLElement; show: (counts: Counts) => void } {
  const element = h('p', { class: 'tally', 'data-testid': 'tally', hidden: true })
  const show = ({ of, voided }: Counts) => {
    const words = tallyWords(of, voided)
    element.hidden = words === ''
    if (element.textContent !== words) element.textContent = words
  }
  return { element, show }
}
