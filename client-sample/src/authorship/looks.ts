/** How authors look: a tint behind their words and a pattern under them, never the one without the other. */

import { colorOf } from '../editor/carets'
import { byGroupOrder } from '../presence'
import { capital, DRAFT, DRAFT_WORDS, type Byline, type Tag } from './bylines'

export type Colouring = 'group' | 'delegation'

/** What a word is counted and coloured under: a stakeholder group or a delegation. */
export interface Party {
  /** Steady, and different for every party of one colouring. */
  key: string
  name: string
  /** The class names that colour it; '' for what nobody in the room wrote. */
  looks: string
  /** The delegation's colour; groups have theirs in the style sheet. */
  color: string | null
}

/** How many patterns the style sheet has. */
export const PATTERNS = 6
/** How many colours the server gives to delegations, over and over (`server/stamp.py`). */
const PALETTE = 12

const GROUPS = ['government', 'private sector', 'civil society', 'international organization', 'technical community', 'academia']

const NOBODY: Party = { key: '', name: DRAFT_WORDS, looks: '', color: null }
const UNKNOWN: Party = { key: '?', name: 'Not yet known', looks: '', color: null }

/** Under whom a tag's words come. */
export function partyOf(tag: Tag | null, byline: Byline | null, colouring: Colouring): Party {
  if (tag === DRAFT) return NOBODY
  if (tag === null || byline === null) return UNKNOWN
  return colouring === 'group' ? groupParty(byline) : delegationParty(byline)
}

function groupParty({ group }: Byline): Party {
  const index = GROUPS.indexOf(group)
  const name = group === '' ? 'No group stated' : capital(group)
  return { key: `group ${group}`, name, looks: index < 0 ? 'by by-other pattern-0' : `by by-group-${index} pattern-${index}`, color: null }
}

function delegationParty(byline: Byline): Party {
  const { delegation, delegation_name, name, number } = byline
  const shown = delegation_name || name || delegation
  return { key: `delegation ${delegation || shown}`, name: shown, looks: `by by-delegation pattern-${patternOf(number)}`, color: colorOf(byline) }
}

/** The pattern of a delegation: neighbours in number differ, and so do any two that share a colour of the palette. */
export function patternOf(number: number): number {
  const turn = number > 0 ? Math.floor((number - 1) / PALETTE) : 0
  return (number + turn) % PATTERNS
}

/** Parties in the order of a legend: by what they wrote, the largest first, then by name. */
export function inOrder<T extends { party: Party; share: number }>(entries: T[]): T[] {
  return entries.sort((a, b) => b.share - a.share || byGroupOrder(a.party.name, b.party.name) || a.party.name.localeCompare(b.party.name))
}
