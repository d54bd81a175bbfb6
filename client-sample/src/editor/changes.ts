/**
 * Which letters of a paragraph an edit left alone, taken from the edit itself.
 *
 * Comparing the old words with the new can't tell which of two equal letters was typed, or which of two equal words cut.
 * Whoever reads who wrote what would be told of the wrong one.
 */

import type { Node } from 'prosemirror-model'
import type { Transaction } from 'prosemirror-state'

type StepMap = Transaction['mapping']['maps'][number]

/** Some letters that stand in both documents; positions are those of the editor's documents. */
export interface Kept {
  before: number
  after: number
  length: number
}

/** What a person has changed since the Yjs document was last brought up to date. */
export class Changes {
  private pending: { before: Node; after: Node; maps: StepMap[] } | null = null

  note(tr: Transaction): void {
    if (!tr.docChanged) return
    const { before, maps } = this.pending?.after === tr.before ? this.pending : { before: tr.before, maps: [] }
    this.pending = { before, after: tr.doc, maps: [...maps, ...tr.mapping.maps] }
  }

  /** The document before and the steps from there to `after`; null when they are not known. */
  upTo(after: Node): { before: Node; maps: readonly StepMap[] } | null {
    return this.pending?.after === after ? this.pending : null
  }

  /** To be called when the Yjs document holds what the editor shows. */
  written(): void {
    this.pending = null
  }
}

/** What steps leave of a part of a document, in order. */
export function keptBy(maps: readonly StepMap[], start: number, length: number): Kept[] {
  return maps.reduce((pieces, map) => pieces.flatMap((piece) => through(map, piece)), [{ before: start, after: start, length }])
}

function through(map: StepMap, piece: Kept): Kept[] {
  const pieces: Kept[] = []
  const end = piece.after + piece.length
  let at = piece.after
  const keep = (to: number) => {
    if (to > at) pieces.push({ before: piece.before + at - piece.after, after: map.map(at, 1), length: to - at })
  }
  map.forEach((from, to) => {
    if (to < at || from >= end || (from === to && from === at)) return
    keep(Math.min(from, end))
    at = Math.max(at, to)
  })
  keep(end)
  return pieces
}
