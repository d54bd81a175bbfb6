/** A text as runs: neighbouring characters by the same author. */

import * as Y from 'yjs'
import type { Tag } from './bylines'

/** A number of characters (UTF-16 units) by one author; null where it is not known. */
export interface Segment {
  length: number
  tag: Tag | null
}

export interface Run {
  text: string
  tag: Tag | null
}

type Lookup = (client: number, clock: number, length: number) => Segment[]

/** The visible runs of a text in its order, neighbours of one author joined. */
export function runsOf(text: Y.XmlText, lookup: Lookup): Run[] {
  const runs: Run[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue
    let from = 0
    for (const { length, tag } of lookup(item.id.client, item.id.clock, item.length)) {
      push(runs, item.content.str.slice(from, from + length), tag)
      from += length
    }
  }
  return runs
}

function push(runs: Run[], text: string, tag: Tag | null): void {
  const last = runs.at(-1)
  if (last !== undefined && last.tag === tag) last.text += text
  else runs.push({ text, tag })
}

/** What stands between two places of a list of runs, as segments. */
export function cut(runs: readonly Run[], from: number, to: number): Segment[] {
  const segments: Segment[] = []
  let at = 0
  for (const { text, tag } of runs) {
    const length = Math.min(to, at + text.length) - Math.max(from, at)
    if (length > 0) segments.push({ length, tag })
    at += text.length
  }
  return segments
}
