/** Who may rule what, as the page knows it beforehand; the server decides. */

import type { Participant } from '../api'
import { STATUSES, type Lock, type Standing, type Status } from './rulings'

const RULERS = ['chair', 'vice-chair', 'secretariat']
const WORKING: readonly Status[] = ['draft', 'bracketed', 'not discussed', 'no agreement']

export const mayRule = (me: Participant): boolean => RULERS.includes(me.role)

/** Whether a person is shown what was set aside of everybody's. */
export const seesAll = (me: Participant): boolean => me.role === 'chair' || me.role === 'secretariat'

/** The statuses that a role may give to a paragraph that has one; none if it may not. */
export function statusesFor(role: string, now: Status): readonly Status[] {
  if (role === 'chair') return STATUSES
  if (role === 'vice-chair') return now === 'agreed' ? [] : STATUSES.filter((status) => status !== 'agreed')
  return role === 'secretariat' && WORKING.includes(now) ? WORKING : []
}

/** Whether a person may renew, hand over, release or, as the chair, break a lock. */
export const mayChange = (lock: Lock, me: Participant): boolean => me.role === 'chair' || (mayRule(me) && lock.by.participant === me.id)

/** The paragraph at the caret, as the rulings have it. */
export interface Subject {
  id: string
  /** "paragraph 12" */
  name: string
  text: string
  /** Whether `text` is all that stands there. */
  plain: boolean
  lock: Lock | null
  here: boolean
  standing: Standing | null
  section: { id: string; name: string } | null
  headings: Lock | null
  sectionLock: Lock | null
}
