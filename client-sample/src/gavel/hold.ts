/** What is closed to one person, and by what: the lock of another, the seal on an agreed text, a section that is not theirs. */

import type { Node } from 'prosemirror-model'
import type { Transaction } from 'prosemirror-state'
import type { Participant } from '../api'
import { keptBy } from '../editor/changes'
import { HEADINGS, type Lock, type Rulings, type Who } from './rulings'

export type Closing = { by: 'lock'; lock: Lock } | { by: 'seal' } | { by: 'right' }

const SEAL: Closing = { by: 'seal' }
const RIGHT: Closing = { by: 'right' }

/** Whether somebody is the holder of a lock, or one of its holders. */
export function holds(holder: Who, me: Participant): boolean {
  return holder.participant === '' ? holder.delegation === me.delegation : holder.participant === me.id
}

/** Which lock holds each paragraph: its own, or else that of the smallest locked section around it. */
function holding(locks: readonly Lock[]): Map<string, Lock> {
  const sections = locks.filter(({ scope }) => scope === 'section').sort((a, b) => b.paragraphs.length - a.paragraphs.length)
  const held = new Map(sections.flatMap((lock) => lock.paragraphs.map((id) => [id, lock] as const)))
  for (const lock of locks) if (lock.scope === 'paragraph') held.set(lock.key, lock)
  return held
}

/** For one state of the rulings, what this person may not change. */
export class Hold {
  private readonly held: ReadonlyMap<string, Lock>
  private readonly headings: Lock | null
  private readonly sections: readonly { lock: Lock; members: ReadonlySet<string> }[]
  private readonly sealed: ReadonlySet<string>
  /** Whether everything is open. */
  readonly open: boolean

  /** `foreign`: the paragraphs that are not this person's to change while nothing is ruled. */
  constructor(rulings: Rulings, private readonly me: Participant, private readonly foreign: ReadonlySet<string> = new Set()) {
    const locks = [...rulings.locks.values()]
    this.held = holding(locks)
    this.headings = rulings.locks.get(HEADINGS) ?? null
    this.sections = locks.flatMap((lock) => (lock.scope === 'section' && this.closes(lock) ? [{ lock, members: new Set(lock.paragraphs) }] : []))
    const agreed = [...rulings.standings].filter(([, { status }]) => status === 'agreed').map(([id]) => id)
    this.sealed = new Set(me.role === 'chair' ? [] : agreed)
    this.open = this.sealed.size === 0 && foreign.size === 0 && !locks.some((lock) => this.closes(lock))
  }

  private closes(lock: Lock): boolean {
    return !holds(lock.holder, this.me)
  }

  /** The lock that a block stands under: its own, for a heading that of all headings, that of its section. */
  lockOn(id: string, heading: boolean): Lock | null {
    const lock = this.held.get(id) ?? null
    return heading && lock?.scope !== 'paragraph' ? (this.headings ?? lock) : lock
  }

  /** What a block is closed by; null when this person may change it. */
  on(id: unknown, heading: boolean): Closing | null {
    const key = typeof id === 'string' ? id : ''
    const lock = this.lockOn(key, heading)
    if (lock !== null && this.closes(lock)) return { by: 'lock', lock }
    if (this.sealed.has(key)) return SEAL
    return lock === null && this.foreign.has(key) ? RIGHT : null
  }

  of(node: Node): Closing | null {
    return this.on(node.attrs.id, node.type.name === 'heading')
  }

  /** Why nothing like `node` may come between two blocks, if so. */
  between(before: Node | null, after: Node | null, node: Node): Closing | null {
    const heading = node.type.name === 'heading'
    if (heading && this.headings !== null && this.closes(this.headings)) return { by: 'lock', lock: this.headings }
    const [left, right] = [before?.attrs.id as string, after?.attrs.id as string]
    const section = this.sections.find(({ members }) => members.has(left) && (members.has(right) || !heading))
    if (section) return { by: 'lock', lock: section.lock }
    return this.foreign.has(before === null ? right : left) ? RIGHT : null
  }
}

/** What an edit would do that this person may not; null when it is all lawful. */
export function forbidden({ before, doc, mapping }: Transaction, hold: Hold): Closing | null {
  if (hold.open) return null
  const same = new Set(doc.children)
  for (const [i, node] of before.children.entries()) {
    const closing = same.has(node) ? null : hold.of(node)
    if (closing === null) continue
    // Words replaced by the same words are written anew all the same.
    const left = keptBy(mapping.maps, startOf(before, i), node.content.size)
    const untouched = left.reduce((sum, { length }) => sum + length, 0) === node.content.size
    if (!untouched || !doc.children.some((each) => each.eq(node))) return closing
  }
  return movedPast(before, doc, hold) ?? insertedInto(before, doc, hold)
}

/** Where the words of a block begin. */
const startOf = (doc: Node, index: number) => doc.children.slice(0, index).reduce((sum, { nodeSize }) => sum + nodeSize, 1)

/** Yjs can't move: which of two paragraphs that change places is written anew is not for the page to promise. */
function movedPast(before: Node, after: Node, hold: Hold): Closing | null {
  const places = new Map<unknown, number>()
  after.children.forEach((node, i) => places.set(node.attrs.id, i))
  const stayed = before.children.filter((node) => places.has(node.attrs.id))
  const order = stayed.map((node) => places.get(node.attrs.id)!)
  const least = [...order]
  for (let i = least.length - 2; i >= 0; i--) least[i] = Math.min(least[i]!, least[i + 1]!)
  let most = -1
  for (const [i, node] of stayed.entries()) {
    const closing = most > order[i]! || least[i]! < order[i]! ? hold.of(node) : null
    if (closing !== null) return closing
    most = Math.max(most, order[i]!)
  }
  return null
}

function insertedInto(before: Node, after: Node, hold: Hold): Closing | null {
  const left = new Set<unknown>(before.children.map((node) => node.attrs.id as unknown))
  const old = after.children.map((node) => left.delete(node.attrs.id))
  let last: Node | null = null
  for (const [i, node] of after.children.entries()) {
    if (old[i]) {
      last = node
      continue
    }
    const next = after.children.find((_, j) => j > i && old[j]) ?? null
    const closing = hold.between(last, next, node)
    if (closing !== null) return closing
    // Behind a new heading another section begins.
    if (node.type.name === 'heading') last = node
  }
  return null
}
