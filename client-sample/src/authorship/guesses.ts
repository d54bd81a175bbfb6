/**
 * Whose the words are that this page has just moved, until the server says so.
 *
 * Pressing Enter in a paragraph writes its second half anew. The server gives it back to its authors; without a guess
 * it would be shown as the mover's own for the moment until the server has answered, or as long as there is no network.
 */

import * as Y from 'yjs'
import type { Tag } from './bylines'
import { cut, type Run, type Segment } from './runs'

export type IsConfirmed = (client: number, start: number, end: number) => boolean

/** A piece of what was asked for: guessed, or (`tag` undefined) not guessed at all. */
export interface Piece {
  clock: number
  length: number
  tag: Tag | null | undefined
}

interface Guess {
  start: number
  end: number
  text: Y.XmlText
  segments: Segment[]
}

/** Shorter insertions are typed, not moved. */
const SHORTEST = 2

export class Guesses {
  private list: Guess[] = []

  /** `shown` gives the runs of a text as they were before the transaction at hand. */
  constructor(
    private readonly doc: Y.Doc,
    private readonly isConfirmed: IsConfirmed,
    private readonly shown: (text: Y.XmlText) => readonly Run[] | undefined,
  ) {}

  clear(): void {
    this.list = []
  }

  /** Notes what this page inserted in one step: if the step removed the same words elsewhere, they stay whose they were. */
  take(transaction: Y.Transaction): void {
    const { doc } = this
    const before = transaction.beforeState.get(doc.clientID) ?? 0
    const structs = doc.store.clients.get(doc.clientID) ?? []
    if (Y.getState(doc.store, doc.clientID) === before) return
    let sources: (readonly Run[])[] | null = null
    for (let i = Y.findIndexSS(structs, before); i < structs.length; i++) {
      const item = structs[i]!
      if (!isText(item) || item.length < SHORTEST) continue
      sources ??= this.sources(transaction)
      const start = item.id.clock
      const segments = found(sources, item.content.str) ?? [{ length: item.length, tag: null }]
      this.list.push({ start, end: start + item.length, text: item.parent as Y.XmlText, segments })
    }
  }

  private sources(transaction: Y.Transaction): (readonly Run[])[] {
    const texts = new Set<unknown>(transaction.changed.keys())
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
      if (struct instanceof Y.Item && struct.content instanceof Y.ContentType) texts.add(struct.content.type)
    })
    const shown = [...texts].map((text) => (text instanceof Y.XmlText ? this.shown(text) : undefined))
    return shown.filter((runs) => runs !== undefined)
  }

  /** Drops what the server has confirmed; returns the texts in which it stands. */
  settle(): Set<Y.XmlText> {
    const settled = this.list.filter(({ start, end }) => this.isConfirmed(this.doc.clientID, start, end))
    if (settled.length > 0) this.list = this.list.filter((guess) => !settled.includes(guess))
    return new Set(settled.map(({ text }) => text))
  }

  /** What is guessed of this page's own characters, in pieces; null when nothing of them is guessed. */
  segments(clock: number, length: number): Piece[] | null {
    const end = clock + length
    const guesses = this.list.filter((guess) => guess.start < end && guess.end > clock)
    if (guesses.length === 0) return null
    const pieces: Piece[] = []
    for (const guess of guesses) {
      if (guess.start > clock) pieces.push({ clock, length: guess.start - clock, tag: undefined })
      clock = Math.max(clock, guess.start)
      let at = guess.start
      for (const segment of guess.segments) {
        const stop = Math.min(end, at + segment.length)
        if (stop > clock) pieces.push({ clock, length: stop - clock, tag: segment.tag })
        clock = Math.max(clock, stop)
        at += segment.length
      }
    }
    if (clock < end) pieces.push({ clock, length: end - clock, tag: undefined })
    return pieces
  }
}

const isText = (struct: unknown): struct is Y.Item & { content: Y.ContentString } =>
  struct instanceof Y.Item && struct.content instanceof Y.ContentString && struct.parent instanceof Y.XmlText

function found(sources: (readonly Run[])[], words: string): Segment[] | null {
  for (const runs of sources) {
    const at = runs.map(({ text }) => text).join('').lastIndexOf(words)
    if (at >= 0) return cut(runs, at, at + words.length)
  }
  return null
}
