/** What an edited file does to the chapter that it came from, as the server tells it, in words. */

import { count } from '../dom'
import type { FileAuthor, Problem } from './report'

export type DifferenceState = 'changed' | 'new' | 'removed' | 'present' | 'locked' | 'gone' | 'refused' | 'absent' | 'unchanged'

export interface Difference {
  /** Empty for what is new, while it is only shown. */
  paragraph: string
  label: string
  state: DifferenceState
  /** What the file does to the text that it was made of. */
  runs: { change: 'kept' | 'inserted' | 'deleted'; text: string }[]
  new_label: string | null
  /** Changed in the chapter since the file was made. */
  meanwhile: boolean
  /** Others changed the same words. */
  conflict: boolean
  reason: string
  by: string[]
  notes: string[]
}

export interface Merge {
  dry_run: boolean
  /** Whether anything is, or would be, changed. */
  changed: boolean
  /** Against what the file was held. */
  base: { text: string }
  counts: Record<string, number>
  differences: Difference[]
  comments: { label: string; name: string; text: string }[]
  authors: FileAuthor[]
  problems: Problem[]
}

/** What becomes of a difference: it is made, it can't be, or there is nothing to do. */
export const FATES: { states: DifferenceState[]; title: string; open: boolean }[] = [
  { states: ['changed', 'new', 'removed'], title: 'To be brought in', open: true },
  { states: ['locked', 'gone', 'refused'], title: 'Not brought in', open: true },
  { states: ['present', 'absent', 'unchanged'], title: 'Nothing to do', open: false },
]

export const STATE_WORDS: Record<DifferenceState, string> = {
  changed: 'Changed',
  new: 'New paragraph',
  removed: 'Deleted',
  present: 'The chapter says so already',
  locked: 'Closed to you: set aside as a card',
  gone: 'No longer in the chapter',
  refused: 'Can’t be merged',
  absent: 'Not in the file: it stays',
  unchanged: 'Unchanged',
}

/** "3 changed, 1 new, 2 can’t be brought in"; "" when the file says nothing new. */
export function mergeTally({ counts, comments }: Merge): string {
  const of = (...states: DifferenceState[]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0)
  const barred = of('locked', 'gone', 'refused')
  const parts = [
    of('changed') > 0 ? `${count(of('changed'), 'paragraph')} changed` : '',
    of('new') > 0 ? `${of('new')} new` : '',
    of('removed') > 0 ? `${of('removed')} deleted` : '',
    comments.length > 0 ? count(comments.length, 'new comment') : '',
    barred > 0 ? `${barred} that can’t be brought in` : '',
  ]
  return parts.filter(Boolean).join(', ')
}
