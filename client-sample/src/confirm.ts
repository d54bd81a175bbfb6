/**
 * What of this copy of the chapter the server has not yet confirmed to be on its disk.
 *
 * The server sends nothing that is not committed. So whatever it sends covers what it names: the state vector of its
 * sync step 1, the structs and deletions of a step 2, and the echo of each update. Everything else in the local
 * document, whoever's client id it bears, is unconfirmed: words of an earlier, offline visit bear an older id.
 */

import { ObservableV2 } from 'lib0/observable'
import * as Y from 'yjs'
import { Ranges, type Range } from './ranges'

/** A confirmed state as it is kept beside the offline copy. */
export interface ConfirmedState {
  structs: [number, Range[]][]
  deletes: [number, Range[]][]
}

/** A piece of text not yet confirmed. `paragraph` is its label, or '' when it has none. */
export interface UnconfirmedText {
  paragraph: string
  text: string
}

type Source = { origin: unknown }

export class Confirmations extends ObservableV2<{ change: () => void }> {
  private readonly structs = new Ranges()
  private readonly deletes = new Ranges()
  private readonly pendingDeletes = new Ranges()

  /** `fromServer` tells which transactions bring what the server sent. */
  constructor(
    private readonly doc: Y.Doc,
    private readonly fromServer: (source: Source) => boolean,
  ) {
    super()
    this.addDeletes(Y.createDeleteSetFromStructStore(doc.store))
    doc.on('afterTransaction', this.afterTransaction)
  }

  private readonly afterTransaction = (transaction: Y.Transaction): void => {
    if (this.fromServer(transaction)) return
    this.addDeletes(transaction.deleteSet)
    if (transaction.changed.size > 0 || transaction.deleteSet.clients.size > 0) this.emit('change', [])
  }

  private addDeletes(set: Pick<Y.Transaction['deleteSet'], 'clients'>): void {
    for (const [client, items] of set.clients) {
      for (const { clock, len } of items) {
        for (const [start, end] of this.deletes.missing(client, clock, clock + len)) {
          this.pendingDeletes.add(client, start, end)
        }
      }
    }
  }

  /** The server has everything up to this state vector (its sync step 1), and nothing beyond it. */
  serverHas(stateVector: Uint8Array): void {
    this.structs.clients.clear()
    for (const [client, clock] of Y.decodeStateVector(stateVector)) this.structs.add(client, 0, clock)
    this.emit('change', [])
  }

  /** The server sent this update, so it has committed what the update holds. */
  serverSent(update: Uint8Array): void {
    this.cover(update)
    this.emit('change', [])
  }

  /** The server sent its sync step 2, which holds all deletions that it knows. */
  serverSentAll(update: Uint8Array): void {
    this.deletes.clients.clear()
    this.cover(update)
    this.pendingDeletes.clients.clear()
    this.addDeletes(Y.createDeleteSetFromStructStore(this.doc.store))
    this.emit('change', [])
  }

  private cover(update: Uint8Array): void {
    const { structs, ds } = Y.decodeUpdate(update)
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      this.structs.add(struct.id.client, struct.id.clock, struct.id.clock + struct.length)
    }
    for (const [client, items] of ds.clients) {
      for (const { clock, len } of items) {
        this.deletes.add(client, clock, clock + len)
        this.pendingDeletes.remove(client, clock, clock + len)
      }
    }
  }

  /** The clocks in the local document that are not confirmed. */
  unconfirmedStructs(): Ranges {
    const pending = new Ranges()
    for (const client of this.doc.store.clients.keys()) {
      for (const [start, end] of this.structs.missing(client, 0, Y.getState(this.doc.store, client))) {
        pending.add(client, start, end)
      }
    }
    return pending
  }

  get allConfirmed(): boolean {
    if (!this.pendingDeletes.empty) return false
    for (const client of this.doc.store.clients.keys()) {
      if (this.structs.missing(client, 0, Y.getState(this.doc.store, client)).length > 0) return false
    }
    return true
  }

  /** Whether the server has confirmed all that a client inserted from one clock to another. */
  has(client: number, start: number, end: number): boolean {
    return this.structs.missing(client, start, end).length === 0
  }

  /** How many changes a person would count: places with new words, new paragraphs, and places with words deleted. */
  count(): number {
    const own = this.unconfirmedStructs()
    let changes = 0
    this.eachItem(own, (item) => {
      if (!item.deleted && isVisibleChange(item) && !continuesOwn(item, own)) changes++
    })
    for (const [client, list] of this.pendingDeletes.entries()) {
      changes += list.filter(([start, end]) => own.missing(client, start, end).length > 0).length
    }
    return Math.max(changes, this.allConfirmed ? 0 : 1)
  }

  /** The words not yet confirmed, in pieces, so that a person can keep a copy of them. */
  text(): UnconfirmedText[] {
    const pieces: UnconfirmedText[] = []
    this.eachItem(this.unconfirmedStructs(), (item, start, end) => {
      if (item.deleted || !(item.content instanceof Y.ContentString)) return
      const text = item.content.str.slice(start - item.id.clock, end - item.id.clock)
      const paragraph = labelOf(item)
      const last = pieces.at(-1)
      if (last !== undefined && last.paragraph === paragraph) last.text += text
      else pieces.push({ paragraph, text })
    })
    return pieces.filter(({ text }) => text.trim() !== '')
  }

  private eachItem(ranges: Ranges, visit: (item: Y.Item, start: number, end: number) => void): void {
    for (const [client, list] of ranges.entries()) {
      const structs = this.doc.store.clients.get(client) ?? []
      for (const [start, end] of list) {
        for (let i = Y.findIndexSS(structs, start); i < structs.length && structs[i]!.id.clock < end; i++) {
          const item = structs[i]!
          if (item instanceof Y.Item) visit(item, Math.max(start, item.id.clock), Math.min(end, item.id.clock + item.length))
        }
      }
    }
  }

  /** What is confirmed, to be kept beside the offline copy. */
  save(): ConfirmedState {
    return { structs: this.structs.entries(), deletes: this.deletes.entries() }
  }

  /** Takes up what an earlier visit kept. */
  restore(state: ConfirmedState): void {
    for (const [client, list] of state.structs) for (const [a, b] of list) this.structs.add(client, a, b)
    for (const [client, list] of state.deletes) {
      for (const [a, b] of list) {
        this.deletes.add(client, a, b)
        this.pendingDeletes.remove(client, a, b)
      }
    }
    this.emit('change', [])
  }

  override destroy(): void {
    this.doc.off('afterTransaction', this.afterTransaction)
    super.destroy()
  }
}

function isVisibleChange(item: Y.Item): boolean {
  return item.content instanceof Y.ContentString || (item.content instanceof Y.ContentType && item.content.type instanceof Y.XmlElement)
}

/** Whether the words just before an item are unconfirmed too, so that both count as one change. */
function continuesOwn(item: Y.Item, own: Ranges): boolean {
  if (!(item.content instanceof Y.ContentString)) return false
  let before = item.left
  while (before !== null && (before.deleted || !before.countable)) before = before.left
  if (before === null) return false
  const { client, clock } = before.lastId
  return own.missing(client, clock, clock + 1).length === 0
}

function labelOf(item: Y.Item): string {
  for (let type: unknown = item.parent; type instanceof Y.AbstractType; type = type._item?.parent) {
    if (type instanceof Y.XmlElement) return String(type.getAttribute('label') ?? '')
  }
  return ''
}
