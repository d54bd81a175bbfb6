/** Whom a word is by, and how a page says it. The server alone writes the map `authors`; here it is read. */

import type * as Y from 'yjs'
import type { Author, Participant } from '../api'
import { h } from '../dom'

/** A participant's id, `id~2` once they write in another capacity, `@name` for an imported contribution, or `DRAFT`. */
export type Tag = string

/** What nobody in the room wrote: the draft as it was imported. */
export const DRAFT: Tag = 'adref'
/** The client id of what the server writes. Its words are the draft's without the map's saying so. */
export const SERVER_CLIENT = 1
export const DRAFT_WORDS = 'Draft as imported'

/** As whom somebody writes. Fields are empty where nothing is known. */
export interface Byline {
  participant: string
  name: string
  delegation: string
  delegation_name: string
  group: string
  /** The delegation's own number in the meeting, from 1; it never changes. 0 when it has none. */
  number: number
  color: string
}

const word = (value: unknown) => (typeof value === 'string' ? value : '')

/** The byline that stands in the document under a tag, or null. */
export function bylineOf(authors: Y.Map<unknown>, tag: Tag): Byline | null {
  const value = authors.get(tag)
  if (typeof value !== 'object' || value === null) return null
  const from = value as Record<string, unknown>
  const { participant, name, delegation, delegation_name, group, number, color } = from
  return {
    participant: word(participant),
    name: word(name),
    delegation: word(delegation),
    delegation_name: word(delegation_name),
    group: word(group),
    number: typeof number === 'number' && number > 0 ? Math.floor(number) : 0,
    color: word(color),
  }
}

/** As whom the signed-in person writes, before the server has said so. */
export function ownByline({ id, name, delegation, delegation_name, group }: Participant): Byline {
  return { participant: id, name, delegation, delegation_name, group, number: 0, color: '' }
}

/** Finds the byline of whom an answer of the server names in short; null for the draft, and where nothing is known. */
export function directory(authors: Byline[]): (author: Author | undefined) => Byline | null {
  const key = ({ participant, delegation, group }: Author, name: string) => JSON.stringify([participant, delegation, group, participant || delegation ? '' : name])
  const known = new Map(authors.map((byline) => [key(byline, byline.name), byline]))
  return (author) => {
    if (author === undefined) return null
    const { participant, delegation, group, name = '' } = author
    const found = known.get(key(author, name))
    if (found !== undefined || !(participant || delegation || name)) return found ?? null
    return { participant, delegation, group, name, delegation_name: delegation, number: 0, color: '' }
  }
}

/** Keeps a name's own direction from turning the words around it, where no `<bdi>` can stand. */
const isolated = (name: string) => `\u2068${name}\u2069`

export const capital = (words: string) => words.slice(0, 1).toUpperCase() + words.slice(1)

/** "Egypt, Government · Amina Hassan" */
export function bylineWords({ delegation_name, group, name }: Byline): string {
  const where = [delegation_name && isolated(delegation_name), capital(group)].filter(Boolean).join(', ')
  return [where, name && isolated(name)].filter(Boolean).join(' · ')
}

/** "Egypt (government), Amina Hassan", the names kept apart from the direction of what stands around them. */
export function bylineNodes({ delegation_name, group, name }: Byline): (Node | string)[] {
  const where = delegation_name === '' ? [] : [h('bdi', {}, delegation_name), group && ` (${group})`]
  return [...where, where.length > 0 && name ? ', ' : '', name && h('bdi', {}, name)].filter((part) => part !== '')
}
