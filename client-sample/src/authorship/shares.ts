/** How much of the text is whose, counted in words as the server counts them: each is of whoever wrote its first letter. */

import * as Y from 'yjs'
import type { Byline, Tag } from './bylines'
import { inOrder, partyOf, type Colouring, type Party } from './looks'
import type { Run } from './runs'

export interface Share {
  party: Party
  /** From 0 to 1. */
  share: number
  /** Who of the party wrote: the delegations of a group, the people of a delegation. */
  names: string[]
}

export interface Source {
  runs: (text: Y.XmlText) => readonly Run[]
  byline: (tag: Tag | null) => Byline | null
}

/** A Chinese or Japanese sign, between which there are no spaces; or letters and digits with their accents. */
const SIGN = '\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}'
const WORD = new RegExp(String.raw`[${SIGN}]|(?![${SIGN}])[\p{L}\p{N}](?:(?![${SIGN}])[\p{L}\p{N}\p{M}])*`, 'gu')

const counted = new WeakMap<readonly Run[], Map<Tag | null, number>>()

/** The share of everybody who has words in the text, the largest first. */
export function sharesOf(fragment: Y.XmlFragment, source: Source, colouring: Colouring): Share[] {
  const totals = new Map<Tag | null, number>()
  for (const text of allTexts(fragment)) {
    for (const [tag, n] of count(source.runs(text))) totals.set(tag, (totals.get(tag) ?? 0) + n)
  }
  const all = [...totals.values()].reduce((sum, n) => sum + n, 0)
  const parties = new Map<string, Share>()
  for (const [tag, n] of totals) {
    const byline = source.byline(tag)
    const party = partyOf(tag, byline, colouring)
    const entry = parties.get(party.key) ?? { party, share: 0, names: [] }
    entry.share += n / all
    const name = byline === null ? '' : colouring === 'group' ? byline.delegation_name || byline.name : byline.name
    if (name !== '' && name !== party.name && !entry.names.includes(name)) entry.names.push(name)
    parties.set(party.key, entry)
  }
  for (const { names } of parties.values()) names.sort((a, b) => a.localeCompare(b))
  return inOrder([...parties.values()])
}

function count(runs: readonly Run[]): Map<Tag | null, number> {
  const known = counted.get(runs)
  if (known !== undefined) return known
  const counts = new Map<Tag | null, number>()
  let i = 0
  let end = runs[0]?.text.length ?? 0
  for (const { index } of runs.map(({ text }) => text).join('').matchAll(WORD)) {
    while (index >= end) end += runs[++i]!.text.length
    counts.set(runs[i]!.tag, (counts.get(runs[i]!.tag) ?? 0) + 1)
  }
  counted.set(runs, counts)
  return counts
}

function* allTexts(type: Y.XmlFragment): Generator<Y.XmlText> {
  for (const child of type.toArray() as unknown[]) {
    if (child instanceof Y.XmlText) yield child
    else if (child instanceof Y.XmlFragment) yield* allTexts(child)
  }
}
