// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import type { Author, Change, RedlineParagraph } from '../src/api'
import type { Byline } from '../src/authorship/bylines'
import { drawParagraph, tallyOf, withNames } from '../src/authorship/redline-text'
import { pointOf } from '../src/authorship/since'

const authors: Byline[] = [
  { participant: 'egypt', name: 'Nadia', delegation: 'egypt', delegation_name: 'Egypt', group: 'government', number: 4, color: '#3534a0' },
  { participant: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan', group: 'government', number: 5, color: '#5e3f30' },
]
const [egypt, japan] = authors.map(({ participant, delegation, group }): Author => ({ participant, delegation, group })) as [Author, Author]
const draft: Author = { participant: '', delegation: '', group: '' }
const change = (text: string, kind: Change['change'], by = draft): Change => ({ text, change: kind, by })
const named = (changes: Change[], rest: Partial<RedlineParagraph> = {}) =>
  withNames({ authors, paragraphs: [{ id: 'p', label: '1', old_label: '1', kind: 'paragraph', change: 'kept', changes, ...rest }] })
const drawn = (changes: Change[], rest: Partial<RedlineParagraph> = {}) => drawParagraph(named(changes, rest)[0]!, null)

describe('a redline', () => {
  it('says who made each change, in elements, in words and before all eyes', () => {
    const element = drawn([change('All ', 'kept'), change('people', 'deleted', egypt), change('persons', 'inserted', egypt), change('.', 'kept')])
    expect(element.querySelector('del')!.textContent).toBe(' [deleted by Egypt: people] ')
    expect(element.querySelector('ins')!.textContent).toBe(' [inserted by Egypt: persons] Egypt')
    expect(element.querySelector('ins')!.getAttribute('title')).toContain('Nadia')
    expect(element.querySelectorAll('.change-name')).toHaveLength(1)
  })

  it('names neighbouring changes of one kind by one person once', () => {
    const element = drawn([change('a', 'inserted', egypt), change('b', 'inserted', egypt), change('c', 'inserted', japan), change('d', 'deleted', japan)])
    expect([...element.querySelectorAll('.change-words')].map((each) => each.textContent)).toEqual(['ab', 'c', 'd'])
    expect([...element.querySelectorAll('.change-name')].map((each) => each.textContent)).toEqual(['Egypt', 'Japan'])
  })

  it('tells a paragraph that is new, split off, joined, gone or renamed', () => {
    const words = (rest: Partial<RedlineParagraph>) => drawn([change('text', 'kept')], rest).querySelector('.paragraph-note')?.textContent
    expect(words({ change: 'inserted', by: japan })).toBe('New paragraph by Japan')
    expect(words({ change: 'inserted', by: japan, part_of: 'previous' })).toBe('Split off by Japan')
    expect(words({ change: 'deleted', by: egypt, part_of: 'next' })).toBe('Joined by Egypt')
    expect(words({ change: 'deleted', by: egypt })).toBe('Paragraph deleted by Egypt')
    expect(words({ old_label: '27' })).toBe('formerly 27')
    expect(words({})).toBeUndefined()
  })

  it('names a contribution of which only a name is known', () => {
    const [paragraph] = named([change('a', 'inserted', { ...draft, name: 'Cuba' })])
    expect(paragraph!.changes[0]!.by!.name).toBe('Cuba')
  })

  it('is summed up by kind and by how many delegations changed it', () => {
    const changes = [change('a', 'kept'), change('b', 'inserted', egypt), change('c', 'kept'), change('d', 'inserted', japan), change('e', 'deleted', japan)]
    expect(tallyOf(named(changes))).toBe('2 insertions, 1 deletion by 2 delegations')
    expect(tallyOf(named([change('a', 'moved-away', egypt), change('b', 'kept'), change('a', 'moved-here', egypt)]))).toBe('1 move by 1 delegation')
    expect(tallyOf(named([change('a', 'kept')]))).toBe('No changes')
  })

  it('begins at the draft, an hour ago, today, at a version or at a chosen time', () => {
    const now = new Date('2026-11-22T19:30:00Z')
    expect(pointOf('start', '', '2026-11-20T08:00:00Z', now)).toBe('2026-11-20T08:00:00.000Z')
    expect(pointOf('hour', '', '', now)).toBe('2026-11-22T18:30:00.000Z')
    expect(new Date(pointOf('today', '', '', now)!).getHours()).toBe(0)
    expect(pointOf('version:Pre-agreed', '', '', now)).toBe('Pre-agreed')
    expect(new Date(pointOf('date', '2026-11-22T09:15', '', now)!).getMinutes()).toBe(15)
    expect(pointOf('date', '', '', now)).toBeNull()
  })
})
