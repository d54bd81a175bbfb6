/** What the chair and the secretariat have ruled, from the maps that the server alone writes. Read here, never written. */

import type * as Y from 'yjs'

/** From the least agreed to the most, then what was not come to an end with. */
export const STATUSES = ['draft', 'bracketed', 'agreed in group', 'agreed ad referendum', 'agreed', 'not discussed', 'no agreement'] as const
export type Status = (typeof STATUSES)[number]

/** The key of the lock on all headings of a chapter. */
export const HEADINGS = '*'

/** A participant; as the holder of a lock, everybody of the delegation when `participant` is empty. */
export interface Who {
  participant: string
  name: string
  delegation: string
  delegationName: string
  role: string
}

export interface Lock {
  /** The paragraph, the section's heading, or `HEADINGS`. */
  key: string
  scope: 'paragraph' | 'section' | 'headings'
  number: number
  by: Who
  holder: Who
  reason: string
  at: string
  /** ISO 8601, or empty where there is no deadline. */
  until: string
  /** The ids of a section's members, its heading first. */
  paragraphs: readonly string[]
}

export interface Standing {
  status: Status
  number: number
  by: Who
  at: string
  /** When the text was changed after it had been agreed, if it was. */
  voidAt: string | null
}

/** An act in the log. */
export interface Ruling {
  n: number
  act: string
  paragraph: string
  by: Who
  at: string
  holder: Who | null
  until: string
  scope: string
  reason: string
  status: string
}

export interface Rulings {
  locks: ReadonlyMap<string, Lock>
  standings: ReadonlyMap<string, Standing>
}

/** Everything ruled in a document; what isn't a ruling is passed over. */
export function readRulings(doc: Y.Doc): Rulings {
  const locks = entries(doc.getMap('locks')).map(([key, value]) => [key, lockOf(key, value)] as const)
  const standings = entries(doc.getMap('statuses')).map(([key, value]) => [key, standingOf(value)] as const)
  return { locks: new Map(locks), standings: new Map(standings) }
}

/** The log, newest first. */
export function readLog(doc: Y.Doc): Ruling[] {
  const authors = doc.getMap('authors')
  const acts = entries(doc.getMap('rulings')).map(([key, value]) => ({
    n: Number(value.n ?? key),
    act: word(value.act),
    paragraph: word(value.paragraph),
    by: named(whoOf(value.by), authors),
    at: word(value.at),
    holder: isRecord(value.for) ? whoOf(value.for) : null,
    until: word(value.until),
    scope: word(value.scope),
    reason: word(value.reason),
    status: word(value.status),
  }))
  return acts.sort((a, b) => b.n - a.n)
}

function lockOf(key: string, value: Fields): Lock {
  const scope = word(value.scope)
  return {
    key,
    scope: key === HEADINGS || scope === 'headings' ? 'headings' : scope === 'section' ? 'section' : 'paragraph',
    number: Number(value.number ?? 0),
    by: whoOf(value.by),
    holder: whoOf(value.for),
    reason: word(value.reason),
    at: word(value.at),
    until: word(value.until),
    paragraphs: Array.isArray(value.paragraphs) ? value.paragraphs.map(String) : [],
  }
}

function standingOf(value: Fields): Standing {
  const status = STATUSES.find((each) => each === value.status) ?? 'draft'
  const voided = isRecord(value.void) ? word(value.void.at) : null
  return { status, number: Number(value.number ?? 0), by: whoOf(value.by), at: word(value.at), voidAt: voided }
}

function whoOf(value: unknown): Who {
  const fields = isRecord(value) ? value : {}
  return {
    participant: word(fields.participant),
    name: word(fields.name),
    delegation: word(fields.delegation),
    delegationName: word(fields.delegation_name),
    role: word(fields.role),
  }
}

/** Whoever changed what was agreed may have been named to this document only with that change. */
function named(who: Who, authors: Y.Map<unknown>): Who {
  const known = authors.get(who.participant)
  return who.name === '' && isRecord(known) ? { ...who, name: word(known.name) } : who
}

type Fields = Record<string, unknown>
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const word = (value: unknown) => (typeof value === 'string' ? value : '')
const entries = (map: Y.Map<unknown>) => [...map.entries()].filter((entry): entry is [string, Fields] => isRecord(entry[1]))
