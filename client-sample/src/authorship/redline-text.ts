/** The paragraphs of a redline: every change has its marks, its name, and words for those who hear it. */

import type { Change, Redline, RedlineParagraph } from '../api'
import { count, h, when } from '../dom'
import { colorOf } from '../editor/carets'
import { bylineWords, capital, directory, type Byline } from './bylines'
import { patternOf } from './looks'

/** How the editor shows a heading. */
export interface Heading {
  /** Its level within the page. */
  level: number
  /** Its level in the chapter. */
  written: number
  /** It says the chapter's title. */
  isTitle: boolean
}

/** A change with its author in full; null for the draft as imported, and where nothing is known. */
export interface NamedChange extends Omit<Change, 'by'> {
  by: Byline | null
}

export interface NamedParagraph extends Omit<RedlineParagraph, 'by' | 'changes'> {
  by: Byline | null
  changes: NamedChange[]
}

const VERBS = { kept: '', inserted: 'inserted', deleted: 'deleted', 'moved-here': 'moved here', 'moved-away': 'moved away' }

/** The paragraphs of a redline with their authors in full, neighbouring changes of one kind by one author joined. */
export function withNames({ paragraphs, authors }: Redline): NamedParagraph[] {
  const byline = directory(authors)
  return paragraphs.map((one) => ({ ...one, by: byline(one.by), changes: joined(one.changes.map((change) => ({ ...change, by: byline(change.by) }))) }))
}

function joined(changes: NamedChange[]): NamedChange[] {
  const list: NamedChange[] = []
  for (const change of changes) {
    const last = list.at(-1)
    if (last && last.change === change.change && (change.change === 'kept' || last.by === change.by)) list[list.length - 1] = { ...last, text: last.text + change.text }
    else list.push(change)
  }
  return list
}

/** "3 insertions, 1 deletion by 2 delegations" */
export function tallyOf(paragraphs: NamedParagraph[]): string {
  const changes = paragraphs.flatMap(({ changes: each }) => each).filter(({ change }) => change !== 'kept')
  const of = (kind: Change['change']) => changes.filter(({ change }) => change === kind).length
  const numbers: [number, string][] = [[of('inserted'), 'insertion'], [of('deleted'), 'deletion'], [of('moved-here'), 'move']]
  const words = numbers.filter(([n]) => n > 0).map(([n, name]) => count(n, name))
  if (words.length === 0) return 'No changes'
  const delegations = new Set(changes.map(({ by }) => by?.delegation || by?.name).filter(Boolean))
  return words.join(', ') + (delegations.size > 0 ? ` by ${count(delegations.size, 'delegation')}` : '')
}

export function drawParagraph(paragraph: NamedParagraph, heading: Heading | null): HTMLElement {
  const { changes } = paragraph
  const names = [`is-${paragraph.change}`, heading?.isTitle && 'is-title'].filter(Boolean).join(' ')
  const attributes = { dir: 'auto', 'data-id': paragraph.id, 'data-label': paragraph.label, 'data-level': heading?.written, class: names }
  const tag = paragraph.kind === 'heading' ? `h${heading?.level ?? 2}` : 'p'
  const content = changes.map((change, i) => drawChange(change, !sharesName(change, changes[i + 1])))
  return h(tag as 'p', attributes, ...notesOf(paragraph), ...content)
}

/** What is said of the paragraph as a whole: that it is new, gone, split off or joined, or that it had another label. */
function notesOf(paragraph: NamedParagraph): HTMLElement[] {
  const { change, part_of: part, by, label, old_label: old } = paragraph
  const what = { kept: '', inserted: part ? 'Split off' : 'New paragraph', deleted: part ? 'Joined' : 'Paragraph deleted' }[change]
  const notes = what === '' ? [] : [note(what, by)]
  if (change === 'kept' && old !== label && old !== '') notes.push(note(`formerly ${old}`, null))
  return notes
}

function note(words: string, by: Byline | null): HTMLElement {
  const element = h('span', { class: 'paragraph-note by by-delegation' }, words, by && ' by ', by && h('bdi', {}, nameOf(by)))
  element.style.setProperty('--by', colorOf(by ?? {}))
  return element
}

/** Whether the next change bears the name for both, as where one person replaces a word. */
const sharesName = (change: NamedChange, next: NamedChange | undefined) =>
  next !== undefined && next.change !== 'kept' && next.by === change.by && isMove(next) === isMove(change)

const isMove = ({ change }: NamedChange) => change.startsWith('moved')

const nameOf = (by: Byline | null) => by?.delegation_name || by?.name || 'the draft'

function drawChange(change: NamedChange, named: boolean): HTMLElement | Text {
  if (change.change === 'kept') return document.createTextNode(change.text)
  const { by, at = '' } = change
  const verb = VERBS[change.change]
  const title = [`${capital(verb)}: ${by === null ? nameOf(by) : bylineWords(by)}`, when(at)].filter(Boolean).join(' · ')
  const attributes = { title, datetime: at || null, class: `change is-${change.change} by by-delegation pattern-${patternOf(by?.number ?? 0)}` }
  const before = h('span', { class: 'visually-hidden' }, ` [${verb} by `, h('bdi', {}, nameOf(by)), ': ')
  const after = h('span', { class: 'visually-hidden' }, '] ')
  const name = named && h('span', { class: 'change-name', 'aria-hidden': 'true' }, h('bdi', {}, nameOf(by)), isMove(change) && `, ${verb}`)
  const gone = change.change === 'deleted' || change.change === 'moved-away'
  const element = h(gone ? 'del' : 'ins', attributes, before, h('span', { class: 'change-words' }, change.text), after, name)
  element.style.setProperty('--by', colorOf(by ?? {}))
  return element
}
