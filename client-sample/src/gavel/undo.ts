/**
 * Undo and redo that leave alone what is closed to this person.
 *
 * An undo goes to the Yjs document by itself, past every filter of the editor. So it is looked at beforehand: a step that
 * would touch something closed waits until that is open again; half a step is never undone, since half of a move would
 * lose or double its words.
 */

import type { Command, EditorState } from 'prosemirror-state'
import { redoCommand, undoCommand, ySyncPluginKey, yUndoPluginKey } from 'y-prosemirror'
import * as Y from 'yjs'
import { sheetOf, type Refused } from './guard'
import type { Closing, Hold } from './hold'

/** The client id of the server's own text. */
const SERVER = 1

type Step = Y.UndoManager['undoStack'][number]
type Spans = Step['deletions']['clients']

const managerOf = (state: EditorState) => (yUndoPluginKey.getState(state) as { undoManager: Y.UndoManager } | undefined)?.undoManager
const fragmentOf = (state: EditorState) => (ySyncPluginKey.getState(state) as { type: Y.XmlFragment }).type

/** The steps that wait for something to be opened again. */
export class Waiting {
  private readonly steps: Step[] = []

  constructor(private readonly refused: Refused) {}

  readonly undo: Command = (state, dispatch, view) => {
    const next = this.next(state, dispatch !== undefined, 'undoStack')
    if (next === null) return undoCommand(state, dispatch, view)
    if (dispatch) this.steps.push(managerOf(state)!.undoStack.pop()!)
    return this.refuse(next, dispatch !== undefined)
  }

  readonly redo: Command = (state, dispatch, view) => {
    const next = this.next(state, dispatch !== undefined, 'redoStack')
    return next === null ? redoCommand(state, dispatch, view) : this.refuse(next, dispatch !== undefined)
  }

  /** To be called when the rulings have changed: what is open again can be undone again. */
  release(state: EditorState): void {
    const hold = sheetOf(state)?.hold
    const open = this.steps.filter((step) => closedBy(step, fragmentOf(state), hold) === null)
    for (const step of open) {
      this.steps.splice(this.steps.indexOf(step), 1)
      managerOf(state)?.undoStack.push(step)
    }
  }

  private refuse(closing: Closing, acting: boolean): boolean {
    if (acting) this.refused(closing)
    return true
  }

  /** What closes the step that comes next, if it is closed. Steps that would do nothing are passed over. */
  private next(state: EditorState, acting: boolean, which: 'undoStack' | 'redoStack'): Closing | null {
    const manager = managerOf(state)
    const hold = sheetOf(state)?.hold
    if (!acting || !manager) return null
    const fragment = fragmentOf(state)
    const stack = manager[which]
    for (let step = stack.at(-1); step !== undefined; step = stack.at(-1)) {
      forgetRestored(step, fragment)
      if (!touchedBy(step, fragment.doc!).next().done) return closedBy(step, fragment, hold)
      stack.pop()
    }
    return null
  }
}

/** What somebody deleted and the server has said again, words or whole paragraphs, must not be said a third time. */
function forgetRestored(step: Step, fragment: Y.XmlFragment): void {
  const { clients } = step.deletions
  const forget = (client: number, clock: number, length: number) => {
    const spans = clients.get(client)
    if (spans) clients.set(client, without(spans, clock, clock + length))
  }
  // The server says each piece again right behind the piece itself, which is still there, if deleted.
  for (const { origin, length } of restored(fragment.doc!)) if (origin) forget(origin.client, origin.clock - length + 1, length)
  // A paragraph that this step itself put elsewhere is not one that the server has made anew.
  const others = fragment.toArray().filter(({ _item }) => _item && !within(step.insertions.clients, _item)) as Y.XmlElement[]
  const there = new Set(others.map(idOf))
  for (const item of [...itemsIn(clients, fragment.doc!)]) {
    const block = blockOf(item, fragment)
    if (block?.deleted && there.has(idOf(elementOf(block)))) forget(item.id.client, item.id.clock, item.length)
  }
}

/** The server's own text that says again what was deleted. */
function* restored(doc: Y.Doc): Generator<Y.Item> {
  for (const key of doc.getMap('restored').keys()) {
    const [clock, len] = key.split(':').map(Number) as [number, number]
    for (const item of itemsIn(new Map([[SERVER, [{ clock, len } as Span]]]), doc)) {
      const said = item.origin && Y.getItem(doc.store, item.origin)
      if (said instanceof Y.Item && said.deleted && item.content instanceof Y.ContentString) yield item
    }
  }
}

type Span = Spans extends Map<number, (infer S)[]> ? S : never

function without(spans: Span[], from: number, to: number): Span[] {
  const part = (start: number, end: number) => (end > start ? [{ clock: start, len: end - start } as Span] : [])
  return spans.flatMap(({ clock, len }) =>
    to <= clock || from >= clock + len ? [{ clock, len } as Span] : [...part(clock, Math.max(clock, from)), ...part(Math.min(clock + len, to), clock + len)],
  )
}

/** The items that undoing a step would delete or make again. */
function* touchedBy({ insertions, deletions }: Step, doc: Y.Doc): Generator<Y.Item> {
  for (const item of itemsIn(insertions.clients, doc)) if (!item.deleted || item.redone !== null) yield item
  for (const item of itemsIn(deletions.clients, doc)) if (item.redone === null && !within(insertions.clients, item)) yield item
}

const within = (spans: Spans, { id }: Y.Item) => (spans.get(id.client) ?? []).some(({ clock, len }) => id.clock >= clock && id.clock < clock + len)

function closedBy(step: Step, fragment: Y.XmlFragment, hold: Hold | undefined): Closing | null {
  if (hold === undefined || hold.open) return null
  for (const item of touchedBy(step, fragment.doc!)) {
    const closing = closingOf(item, fragment, hold)
    if (closing !== null) return closing
  }
  return null
}

function* itemsIn(spans: Spans, doc: Y.Doc): Generator<Y.Item> {
  for (const [client, list] of spans) {
    const structs = doc.store.clients.get(client) ?? []
    for (const { clock, len } of list) {
      if (structs.length === 0 || clock > structs.at(-1)!.id.clock + structs.at(-1)!.length - 1) continue
      for (let i = Y.findIndexSS(structs, clock); i < structs.length && structs[i]!.id.clock < clock + len; i++) {
        const item = structs[i]!
        if (item instanceof Y.Item) yield item
      }
    }
  }
}

/** The block that an item is, or belongs to. */
function blockOf(item: Y.Item, fragment: Y.XmlFragment): Y.Item | null {
  let block: Y.Item | null = item
  while (block && block.parent !== fragment) block = (block.parent as Y.AbstractType<unknown> | null)?._item ?? null
  return block?.content instanceof Y.ContentType ? block : null
}

const elementOf = (block: Y.Item) => (block.content as Y.ContentType).type as Y.XmlElement

/** What closes the block that an item belongs to, or the place where it stood as a block. */
function closingOf(item: Y.Item, fragment: Y.XmlFragment, hold: Hold): Closing | null {
  const block = blockOf(item, fragment)
  if (block === null) return null
  const element = elementOf(block)
  return hold.on(idOf(element), element.nodeName === 'heading') ?? (block === item ? placeClosed(block, hold) : null)
}

/** A paragraph made again between the members of a locked section would stand where nothing may be inserted. */
function placeClosed(block: Y.Item, hold: Hold): Closing | null {
  const left = neighbour(block.left, 'left')
  const right = neighbour(block.right, 'right')
  return left !== null && right !== null ? (hold.on(left, false) && hold.on(right, false)) : null
}

function neighbour(from: Y.Item | null, way: 'left' | 'right'): string | null {
  let item = from
  while (item !== null && item.deleted) item = item[way]
  return item?.content instanceof Y.ContentType ? idOf(elementOf(item)) : null
}

/** The id that an element bears, or bore before it was deleted. */
function idOf(element: Y.XmlElement): string | null {
  const last = element._map.get('id')?.content.getContent().at(-1) as unknown
  return typeof last === 'string' ? last : null
}
