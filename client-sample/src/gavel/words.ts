/** What the page says of locks, seals and statuses. Names stand between isolates, so that they run their own way. */

import type { Participant } from '../api'
import type { Closing } from './hold'
import { holds } from './hold'
import { HEADINGS, STATUSES, type Lock, type Ruling, type Standing, type Status, type Who } from './rulings'

export const isolated = (words: string) => `\u2068${words}\u2069`

/** "Tevita Fonua (vice-chair)" */
export function ruler({ name, participant, role }: Who): string {
  return isolated(name || participant) + (role ? ` (${role})` : '')
}

/** "Egypt", or "Nadia Abdel-Rahman of Egypt" for a participant. */
export function holderName({ participant, name, delegation, delegationName }: Who): string {
  const where = isolated(delegationName || delegation)
  return participant === '' ? where : `${isolated(name || participant)}${delegationName ? ` of ${where}` : ''}`
}

/** "paragraph 12", "heading 2)", or the beginning of its words where it has no label. */
export function placeName(label: string, words: string, heading = false): string {
  if (label !== '') return `${heading ? 'heading' : 'paragraph'} ${isolated(label)}`
  const start = words.trim().slice(0, 40)
  return start === '' ? 'an empty paragraph' : `“${isolated(start + (words.trim().length > 40 ? '…' : ''))}”`
}

/** A deadline or the time of an act: the hour if it is today, else the day too. */
export function moment(at: string): string {
  const date = new Date(at)
  if (at === '' || Number.isNaN(date.getTime())) return ''
  const hour = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === new Date().toDateString()) return hour
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}, ${hour}`
}

export interface LockWords {
  /** "Locked for Egypt by Ms Chen (vice-chair): being read out" */
  what: string
  /** "until 15:30", "was due 15:30" */
  due: string
  overdue: boolean
  /** "nobody of Egypt is here"; empty when the holder is. */
  away: string
}

/** `here`: whether a holder of the lock has the chapter open. */
export function lockWords(lock: Lock, me: Participant, here: boolean, now: number): LockWords {
  const overdue = lock.until !== '' && Date.parse(lock.until) <= now
  const away = holds(lock.holder, me) || here ? '' : lock.holder.participant === '' ? `nobody of ${holderName(lock.holder)} is here` : 'its holder is not here'
  const due = lock.until === '' ? '' : `${overdue ? 'overdue: was due' : 'until'} ${moment(lock.until)}`
  const reason = lock.reason === '' ? '' : `: ${isolated(lock.reason)}`
  return { what: `${subject(lock)} ${forWhom(lock, me)}${reason}`, due, overdue, away }
}

const subject = ({ scope }: Lock) => ({ paragraph: 'Locked', section: 'Section locked', headings: 'Headings locked' })[scope]

function forWhom({ by, holder }: Lock, me: Participant): string {
  if (holder.participant !== '' && holder.participant === by.participant) return by.participant === me.id ? 'by you' : `by ${ruler(by)}`
  const whom = holder.participant === me.id ? 'you' : holds(holder, me) ? 'your delegation' : holderName(holder)
  return `for ${whom} by ${by.participant === me.id ? 'you' : ruler(by)}`
}

/** All of it in one line, for those who hear it. */
export function inOneLine({ what, due, away }: LockWords): string {
  return [what, due, away].filter(Boolean).join(' · ')
}

/** Said calmly to somebody who tries to change what is closed. */
export function refusal(closing: Closing, me: Participant): string {
  if (closing.by === 'seal') return 'This paragraph is agreed. Only the chair can change it.'
  if (closing.by === 'right') return 'This part of the text is with a breakout group. You can read it and comment on it.'
  const { lock } = closing
  const what = { paragraph: 'This paragraph is', section: 'This section is', headings: 'The headings are' }[lock.scope]
  return `${what} locked ${forWhom(lock, me)}. Nothing was changed.`
}

export const capital = (words: string) => words.slice(0, 1).toUpperCase() + words.slice(1)

/** "Agreed ad referendum" */
export const statusName = (status: Status) => capital(status)

export function chipWords({ status, voidAt }: Standing): { name: string; note: string } {
  if (voidAt !== null) return { name: statusName(status), note: `changed since agreed${voidAt ? `, ${moment(voidAt)}` : ''}` }
  return { name: statusName(status), note: status === 'agreed' ? 'sealed' : '' }
}

/** "12 agreed · 3 agreed ad referendum · 20 draft", the most agreed first; "" while all is draft. */
export function tallyWords(counts: ReadonlyMap<Status, number>, voided: number): string {
  const order = [...STATUSES.slice(0, 5)].reverse().concat(STATUSES.slice(5) as never[])
  const parts = order.map((status) => ((counts.get(status) ?? 0) > 0 ? `${counts.get(status)} ${status}` : '')).filter(Boolean)
  if (parts.length === 1 && (counts.get('draft') ?? 0) > 0) return ''
  return [...parts, voided > 0 ? `${voided} changed since agreed` : ''].filter(Boolean).join(' · ')
}

/** One act of the log. `place` is the paragraph's name. */
export function actWords(act: Ruling, place: string): string {
  const what = act.paragraph === HEADINGS ? 'the headings' : act.scope === 'section' ? `the section under ${place}` : place
  const whom = act.holder === null || act.holder.participant === act.by.participant ? '' : ` for ${holderName(act.holder)}`
  const until = act.until === '' ? '' : ` until ${moment(act.until)}`
  const said: Record<string, string> = {
    lock: `locked ${what}${whom}${until}`,
    renew: `renewed the lock on ${what}${until}`,
    'hand-over': `handed ${what} over to ${act.holder === null ? 'another' : holderName(act.holder)}${until}`,
    release: `released ${what}`,
    break: `broke the lock on ${what}`,
    status: `set ${what} to ${act.status}`,
    void: `changed ${what} after it was agreed`,
    restore: 'restored the text of an earlier version',
  }
  return said[act.act] ?? `${act.act} ${what}`
}
