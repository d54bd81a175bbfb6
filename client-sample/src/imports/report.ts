/** What the server tells of a file that it has read, in words. */

import { count } from '../dom'

/** Something to look at; `line` is 0 for the file as a whole. */
export interface Problem {
  line: number
  label: string
  code: string
  message: string
}

export interface FileAuthor {
  /** As the file spells it. */
  name: string
  /** The delegation's name; empty when that has to be asked. */
  delegation: string
}

/** A change that a Word file came with, and what became of it. */
export interface TrackedChange {
  line: number
  label: string
  kind: string
  author: string
  delegation: string
  date: string
  text: string
  outcome: string
}

export interface ReadParagraph {
  line: number
  kind: string
  label: string
  text: string
  /** The delegation that deleted it as a whole, if one did. */
  deleted_by: string | null
}

/** How many notes somebody made. */
export interface NotesBy {
  name: string
  number: number
}

export interface Report {
  /** Null when it was only read. */
  chapter: { id: string; title: string } | null
  title: string
  /** What `line` counts. */
  unit: 'line' | 'paragraph'
  sections: number
  paragraphs: number
  numbered: number
  comments: NotesBy[]
  sources: NotesBy[]
  read: ReadParagraph[]
  problems: Problem[]
  authors: FileAuthor[]
  changes: TrackedChange[]
}

const AUTHOR_UNKNOWN = 'author-unknown'

/** "5 sections, 36 paragraphs, 35 of them numbered" and what else was read, a line each. */
export function facts({ sections, paragraphs, numbered, comments, sources, changes }: Report): string[] {
  const named = (what: string, of: NotesBy[]) => {
    const parts = of.map(({ name, number }) => `\u2068${name || 'no name'}\u2069 ${number}`)
    return parts.length > 0 ? `${what}: ${parts.join(', ')}` : ''
  }
  const text = `${sections > 0 ? `${count(sections, 'section')}, ` : ''}${count(paragraphs, 'paragraph')}, ${numbered} of them numbered`
  return [text, changes.length > 0 ? count(changes.length, 'tracked change') : '', named('Comments', comments), named('Sources', sources)].filter(Boolean)
}

/** What each author did: "3 inserted, 1 deleted". */
export function deeds({ authors, changes }: Report): Map<string, string> {
  const counts = new Map(authors.map(({ name }) => [name, new Map<string, number>()]))
  for (const { author, kind } of changes) {
    const of = counts.get(author)
    of?.set(kind, (of.get(kind) ?? 0) + 1)
  }
  return new Map([...counts].map(([name, kinds]) => [name, [...kinds].map(([kind, n]) => `${n} ${kindName(kind)}`).join(', ') || 'comments only']))
}

/** "Paragraph 12 of the file (12 bis)" */
export function placeOf({ line, label }: { line: number; label: string }, unit: Report['unit']): string {
  if (line === 0) return 'The file as a whole'
  const where = unit === 'paragraph' ? `Paragraph ${line} of the file` : `Line ${line}`
  return label === '' ? where : `${where}, numbered \u2068${label}\u2069`
}

/** What is to be looked at, by place in reading order. Who is who is asked elsewhere. */
export function byPlace({ problems, unit }: Pick<Report, 'problems' | 'unit'>): [place: string, problems: Problem[]][] {
  const places = new Map<string, Problem[]>()
  for (const problem of problems.filter(({ code }) => code !== AUTHOR_UNKNOWN).sort((a, b) => a.line - b.line)) {
    const place = placeOf(problem, unit)
    places.set(place, [...(places.get(place) ?? []), problem])
  }
  return [...places]
}

/** "moved here" */
export const kindName = (kind: string) => kind.replaceAll('-', ' ')
