/** The report on a file, for people to look through. */

import { h, icon } from '../dom'
import { byPlace, facts, kindName, placeOf, type Problem, type Report, type TrackedChange } from './report'

export function drawFacts(report: Report): HTMLElement {
  return h('ul', { class: 'import-facts' }, ...facts(report).map((fact) => h('li', {}, fact)))
}

/** Nothing that was left out, simplified or looks like a slip goes unsaid. */
export function drawProblems(report: Pick<Report, 'problems' | 'unit'>): HTMLElement {
  const places = byPlace(report)
  const number = places.reduce((sum, [, problems]) => sum + problems.length, 0)
  if (number === 0) return h('p', { class: 'import-clear' }, icon('check'), 'Nothing else to look at.')
  const rows = places.map(([place, problems]) => h('li', {}, h('strong', { class: 'problem-place' }, place), h('ul', {}, ...problems.map(drawProblem))))
  return h('details', { class: 'import-part', open: number <= 12 }, h('summary', {}, 'To look at ', h('span', { class: 'count' }, String(number))), h('ol', { class: 'problems', 'data-testid': 'problems' }, ...rows))
}

const drawProblem = ({ message, code }: Problem) => h('li', { 'data-code': code }, message)

export function drawChanges({ changes, unit }: Report): HTMLElement | null {
  if (changes.length === 0) return null
  const rows = changes.map((change) => drawChange(change, unit))
  return h('details', { class: 'import-part' }, h('summary', {}, 'Tracked changes ', h('span', { class: 'count' }, String(changes.length))), h('ol', { class: 'problems', 'data-testid': 'changes' }, ...rows))
}

function drawChange(change: TrackedChange, unit: Report['unit']): HTMLElement {
  const { kind, author, delegation, text, outcome } = change
  const by = delegation !== '' && delegation !== author ? [h('bdi', {}, delegation), ' (', h('bdi', {}, author), ')'] : [h('bdi', {}, author || 'no name')]
  const words = text === '' ? null : h('q', { class: 'quoted', dir: 'auto' }, text)
  return h('li', {}, h('strong', { class: 'problem-place' }, placeOf(change, unit)), h('p', {}, `${kindName(kind)} by `, ...by, words && ': ', words), h('p', { class: 'import-note' }, outcome))
}

export function drawRead({ read }: Report): HTMLElement {
  const rows = read.map(({ kind, label, text, deleted_by }) =>
    h('li', { class: kind === 'paragraph' ? '' : 'is-heading' },
      h('span', { class: 'read-label', dir: 'ltr' }, label),
      h('span', { dir: 'auto' }, text || '(empty)', deleted_by ? ` (deleted by ${deleted_by})` : '')),
  )
  return h('details', { class: 'import-part' }, h('summary', {}, 'The text as it was read'), h('ol', { class: 'read-text', 'data-testid': 'read' }, ...rows))
}
