/** The forms in which a chapter leaves, and what they and versions are called here. */

import type { Version } from '../api'

export interface Form {
  /** As addresses name it. */
  id: string
  name: string
  /** Whether it is held against an earlier text. */
  compares: boolean
}

export const FORMS: readonly Form[] = [
  { id: 'docx', name: 'Word', compares: false },
  { id: 'redline', name: 'Word, tracked changes', compares: true },
  { id: 'compilation', name: 'Word, compilation', compares: true },
  { id: 'bracketed', name: 'Text in square brackets', compares: true },
  { id: 'html', name: 'Web page', compares: false },
  { id: 'txt', name: 'Plain text', compares: false },
  { id: 'md', name: 'Markdown', compares: false },
  { id: 'json', name: 'Data (JSON)', compares: true },
  { id: 'akn', name: 'Akoma Ntoso, for archives', compares: false },
]

/** "WSIS+10/4/26/Pre-agreed" and what is said of it: the name is in it once. */
export function titleOf({ symbol, name, status }: Version): { title: string; line: string } {
  if (symbol !== '' && name === `${symbol}, ${status}`) return { title: symbol, line: status }
  return { title: name, line: [symbol, status].filter((part) => part !== '' && !name.includes(part)).join(', ') }
}

/** The status line as the server will write it: "Status as of 17 April 2014, COB". `date` is ISO 8601. */
export function statusLine(date: string, suffix: string): string {
  const day = new Date(`${date}T00:00:00Z`)
  if (date === '' || Number.isNaN(day.getTime())) return ''
  const words = `${day.getUTCDate()} ${day.toLocaleDateString('en', { month: 'long', timeZone: 'UTC' })} ${day.getUTCFullYear()}`
  const end = suffix.split(/\s+/).filter(Boolean).join(' ')
  return `Status as of ${words}${end && `, ${end}`}`
}

/** What is not agreed in a version: "besides Paras 2, 21"; '' where an older program named it and nothing is known. */
export function exceptionsOf({ exceptions, hash }: Version): string {
  if (exceptions !== '') return exceptions
  return hash === '' ? '' : 'all paragraphs agreed'
}
