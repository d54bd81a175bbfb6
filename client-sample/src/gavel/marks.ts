/** What stands above a paragraph: its lock and its status, in words and a sign. It never touches the text itself. */

import type { Node } from 'prosemirror-model'
import type { Transaction } from 'prosemirror-state'
import { Decoration, DecorationSet } from 'prosemirror-view'
import { h, icon } from '../dom'
import type { Closing } from './hold'
import type { Status } from './rulings'
import type { LockWords } from './words'

export interface Mark {
  /** Why this person may not change the paragraph, if so. */
  closed: Closing['by'] | null
  /** Whether this person is whom it is locked for. */
  mine: boolean
  lock: LockWords | null
  /** Where a whole section or all headings are locked, only the first block of it says all. */
  brief: string
  status: { status: Status; name: string; note: string; void: boolean } | null
}

const SIGNS: Record<Status, string> = {
  draft: 'pen',
  bracketed: 'brackets',
  'agreed in group': 'people',
  'agreed ad referendum': 'adref',
  agreed: 'seal',
  'not discussed': 'hourglass',
  'no agreement': 'cross',
}

type MarkOf = (node: Node) => Mark | null

export const markId = (id: string) => `mark-${id}`

/** Everything anew, as when the rulings have changed. What looks as before keeps its element. */
export function drawMarks(doc: Node, mark: MarkOf): DecorationSet {
  const all: Decoration[] = []
  doc.forEach((node, position) => all.push(...decorate(node, position, mark)))
  return DecorationSet.create(doc, all)
}

/** After a change of the text: only the blocks that changed. */
export function redrawMarks(marks: DecorationSet, { before, doc, mapping }: Transaction, mark: MarkOf): DecorationSet {
  const [old, now] = [new Set(before.children), new Set(doc.children)]
  const gone = new Set(before.children.filter((node) => !now.has(node)).map((node) => node.attrs.id as unknown))
  const fresh: Decoration[] = []
  doc.forEach((node, position) => {
    if (!old.has(node)) fresh.push(...decorate(node, position, mark))
  })
  const moved = marks.map(mapping, doc)
  const stale = gone.size === 0 ? [] : moved.find(undefined, undefined, (spec) => gone.has((spec as { of: unknown }).of))
  return stale.length + fresh.length === 0 ? moved : moved.remove(stale).add(doc, fresh)
}

function decorate(node: Node, position: number, markOf: MarkOf): Decoration[] {
  const id = node.attrs.id as string | null
  const mark = id === null ? null : markOf(node)
  if (mark === null) return []
  const heading = node.type.name === 'heading'
  const attributes = { class: `has-mark ${looks(mark)}`, 'aria-describedby': markId(id!) }
  const key = `${id} ${heading} ${JSON.stringify(mark)}`
  // Of side 0, it goes along with the block behind it, not with the one before.
  const line = Decoration.widget(position, () => draw(id!, heading, mark), { key, side: 0, ignoreSelection: true, of: id })
  return [line, Decoration.node(position, position + node.nodeSize, attributes, { of: id })]
}

const looks = ({ closed, mine }: Mark) => [closed && `is-closed by-${closed}`, mine && closed === null && 'is-mine'].filter(Boolean).join(' ')

function draw(id: string, heading: boolean, mark: Mark): HTMLElement {
  const { closed, lock, brief, status } = mark
  const chip =
    status &&
    h(
      'span',
      { class: `chip chip-${status.status.replace(/ /g, '-')}${status.void ? ' is-void' : ''}`, 'data-status': status.status },
      icon(SIGNS[status.status]),
      h(status.void ? 's' : 'span', {}, status.name),
      status.note !== '' && h('span', { class: 'chip-note' }, ` ${status.note}`),
    )
  const words = (lock || brief !== '') && h(
    'span',
    { class: 'lock-words' },
    icon(closed === null ? 'unlocked' : 'lock'),
    h('span', { dir: 'auto' }, lock ? lock.what : brief),
    lock && lock.due !== '' && h('span', { class: lock.overdue ? 'lock-due is-overdue' : 'lock-due' }, lock.due),
    lock && lock.away !== '' && h('span', { class: 'lock-away' }, lock.away),
  )
  return h('div', { id: markId(id), class: `mark-line ${heading ? 'of-heading ' : ''}${looks(mark)}`, 'data-of': id, 'data-testid': 'mark', contenteditable: 'false' }, words, chip)
}
