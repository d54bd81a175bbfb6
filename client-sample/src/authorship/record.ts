/**
 * Who wrote what this copy holds, from the map `authorship` that the server alone writes.
 *
 * A key `<client>:<clock>` says: what this client inserted from this clock on, up to its next key, is by the tag that is
 * the value. Before its first key nothing is known of a client, except of one's own and of the server's.
 */

import { ObservableV2 } from 'lib0/observable'
import * as Y from 'yjs'
import type { Participant } from '../api'
import { bylineOf, DRAFT, ownByline, SERVER_CLIENT, type Byline, type Tag } from './bylines'
import { Guesses, type IsConfirmed } from './guesses'
import { runsOf, type Run, type Segment } from './runs'

interface Steps {
  clocks: number[]
  tags: Tag[]
}

interface Events {
  /** Texts whose runs may have changed. */
  change: (texts: ReadonlySet<Y.XmlText>) => void
  /** What is said of the authors has changed. */
  authors: () => void
}

export class Authorship extends ObservableV2<Events> {
  private readonly authors: Y.Map<unknown>
  private readonly map: Y.Map<unknown>
  private readonly steps = new Map<number, Steps>()
  private readonly guesses: Guesses
  private cache = new WeakMap<Y.XmlText, Run[]>()
  private following = false

  constructor(
    readonly doc: Y.Doc,
    readonly me: Participant,
    isConfirmed: IsConfirmed,
  ) {
    super()
    this.authors = doc.getMap('authors')
    this.map = doc.getMap('authorship')
    this.guesses = new Guesses(doc, isConfirmed, (text) => this.cache.get(text))
  }

  /** Keeps up with the document until `rest` is called; before, and after, nothing is computed. */
  follow(): void {
    if (this.following) return
    this.following = true
    this.cache = new WeakMap()
    this.steps.clear()
    for (const [key, tag] of this.map.entries()) this.put(key, tag)
    this.map.observe(this.keysCame)
    this.authors.observe(this.authorsCame)
    this.doc.on('afterTransaction', this.wrote)
  }

  rest(): void {
    if (!this.following) return
    this.following = false
    this.map.unobserve(this.keysCame)
    this.authors.unobserve(this.authorsCame)
    this.doc.off('afterTransaction', this.wrote)
    this.guesses.clear()
  }

  /** To be called when the server has confirmed something: what was guessed gives way to what it says. */
  confirmed(): void {
    this.forget(this.guesses.settle())
  }

  /** The runs of a text as it stands, from the cache unless it has changed. */
  runs(text: Y.XmlText): readonly Run[] {
    const known = this.cache.get(text)
    if (known !== undefined) return known
    const runs = runsOf(text, (client, clock, length) => this.segments(client, clock, length))
    if (this.following) this.cache.set(text, runs)
    return runs
  }

  /** Who is behind a tag; null for the draft and for whom nothing is known of. */
  byline(tag: Tag | null): Byline | null {
    if (tag === null) return null
    return bylineOf(this.authors, tag) ?? (tag === this.me.id ? ownByline(this.me) : null)
  }

  /** Whether the signed-in person is behind a tag. */
  isOwn(tag: Tag | null): boolean {
    return tag !== null && tag.split('~')[0] === this.me.id
  }

  /** By whom `length` characters from a clock on are, in pieces; `tag` is null where it is not known. */
  segments(client: number, clock: number, length: number): Segment[] {
    if (client === this.doc.clientID) {
      const guess = this.guesses.segments(clock, length)
      if (guess !== null) return guess.flatMap((each) => (each.tag === undefined ? this.known(client, each.clock, each.length) : [{ length: each.length, tag: each.tag }]))
    }
    return this.known(client, clock, length)
  }

  private known(client: number, clock: number, length: number): Segment[] {
    const { clocks, tags } = this.steps.get(client) ?? { clocks: [], tags: [] }
    const first = client === this.doc.clientID ? this.me.id : client === SERVER_CLIENT ? DRAFT : null
    const end = clock + length
    const segments: Segment[] = []
    for (let i = lastAtOrBelow(clocks, clock); clock < end; i++) {
      const next = Math.min(end, clocks[i + 1] ?? end)
      segments.push({ length: next - clock, tag: i < 0 ? first : tags[i]! })
      clock = next
    }
    return segments
  }

  private put(key: string, tag: unknown): [client: number, clock: number] | null {
    const parts = /^(\d+):(\d+)$/.exec(key)
    if (parts === null || typeof tag !== 'string') return null
    const [client, clock] = [Number(parts[1]), Number(parts[2])]
    const steps = this.steps.get(client) ?? { clocks: [], tags: [] }
    this.steps.set(client, steps)
    const i = lastAtOrBelow(steps.clocks, clock)
    if (steps.clocks[i] === clock) steps.tags[i] = tag
    else {
      steps.clocks.splice(i + 1, 0, clock)
      steps.tags.splice(i + 1, 0, tag)
    }
    return [client, clock]
  }

  private readonly keysCame = (event: Y.YMapEvent<unknown>): void => {
    const texts = new Set<Y.XmlText>()
    for (const key of event.keysChanged) {
      const put = this.put(key, this.map.get(key))
      if (put !== null) this.addTexts(texts, ...put)
    }
    this.forget(texts)
  }

  /** The texts that hold what a client inserted from a clock on, up to its next key. */
  private addTexts(texts: Set<Y.XmlText>, client: number, clock: number): void {
    const structs = this.doc.store.clients.get(client) ?? []
    const { clocks } = this.steps.get(client)!
    const end = Math.min(clocks[lastAtOrBelow(clocks, clock) + 1] ?? Infinity, Y.getState(this.doc.store, client))
    if (clock >= end) return
    for (let i = Y.findIndexSS(structs, clock); i < structs.length && structs[i]!.id.clock < end; i++) {
      const { parent } = structs[i] as Y.Item
      if (parent instanceof Y.XmlText) texts.add(parent)
    }
  }

  private readonly wrote = (transaction: Y.Transaction): void => {
    if (transaction.local) this.guesses.take(transaction)
    const changed = [...transaction.changed.keys()] as unknown[]
    this.forget(new Set(changed.filter((type) => type instanceof Y.XmlText)))
    if (changed.some((type) => type instanceof Y.XmlElement || type instanceof Y.XmlFragment)) this.emit('change', [new Set()])
  }

  private readonly authorsCame = (): void => this.emit('authors', [])

  private forget(texts: ReadonlySet<Y.XmlText>): void {
    if (texts.size === 0) return
    for (const text of texts) this.cache.delete(text)
    this.emit('change', [texts])
  }
}

/** The index of the last of the rising `clocks` that is not above `clock`, or -1. */
function lastAtOrBelow(clocks: readonly number[], clock: number): number {
  let low = 0
  for (let high = clocks.length; low < high; ) {
    const middle = (low + high) >> 1
    if (clocks[middle]! <= clock) low = middle + 1
    else high = middle
  }
  return low - 1
}
