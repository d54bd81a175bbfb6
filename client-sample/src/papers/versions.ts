/** A chapter's versions, from the map that the server alone writes. Read here, never written. */

import { digest } from 'lib0/hash/sha256'
import type * as Y from 'yjs'
import type { Publication, Version } from '../api'

export interface Versions {
  /** Those that people named, newest first. */
  named: Version[]
  /** Those that the server made by itself, newest first. */
  automatic: Version[]
}

/** Every version in the document; anything that is none is passed over. */
export function readVersions(doc: Y.Doc): Versions {
  const all = [...doc.getMap('versions').entries()].filter((entry): entry is [string, Fields] => isRecord(entry[1]))
  const of = (automatic: boolean) =>
    all
      .filter(([, value]) => (value.automatic === true) === automatic)
      .map(([name, value]) => versionOf(name, value))
      .sort((a, b) => b.seq - a.seq || b.at.localeCompare(a.at) || b.name.localeCompare(a.name))
  return { named: of(false), automatic: of(true) }
}

function versionOf(name: string, value: Fields): Version {
  const acts = Array.isArray(value.acts) ? value.acts.filter(isRecord).map(actOf) : []
  return {
    id: idOf(name),
    name,
    seq: Number(value.seq ?? 0),
    at: word(value.at),
    by: word(value.by),
    symbol: word(value.symbol),
    status: word(value.status),
    exceptions: word(value.exceptions),
    hash: word(value.hash),
    published: acts.at(-1)?.act === 'publish',
    address: value.address ? `/papers/${word(value.address)}` : '',
    acts,
  }
}

const actOf = ({ act, by, at }: Fields): Publication => ({ act: act === 'publish' ? 'publish' : 'withdraw', by: word(by), at: word(at) })

/** As the server makes it of the name, for addresses: a name may hold a slash. */
export function idOf(name: string): string {
  const bytes = digest(new TextEncoder().encode(name))
  return `v-${Array.from(bytes.slice(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

type Fields = Record<string, unknown>
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const word = (value: unknown) => (typeof value === 'string' ? value : '')
