// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import type { Change, RedlineParagraph } from '../src/api'
import { joined, tallyOf } from '../src/authorship/redline'
import { timeOf } from '../src/authorship/since'

const egypt = { participant: 'egypt', name: 'Nadia', delegation: 'egypt', delegation_name: 'Egypt', group: 'government' }
const japan = { participant: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan', group: 'government' }
const change = (text: string, kind: Change['change'], by: Change['by'] = null): Change => ({ text, change: kind, by, at: null })
const paragraph = (...changes: Change[]): RedlineParagraph => ({ id: 'p', label: '1', kind: 'paragraph', change: 'kept', changes })

describe('a redline', () => {
  it('names neighbouring changes of one kind by one person once', () => {
    const list = [change('a', 'inserted', egypt), change('b', 'inserted', egypt), change('c', 'inserted', japan), change('d', 'deleted', japan)]
    expect(joined(list).map(({ text }) => text)).toEqual(['ab', 'c', 'd'])
    expect(list[0]!.text).toBe('a')
  })

  it('is summed up by kind and by how many delegations changed it', () => {
    const changes = [change('a', 'kept'), change('b', 'inserted', egypt), change('c', 'kept'), change('d', 'inserted', japan), change('e', 'deleted', japan)]
    expect(tallyOf([paragraph(...changes)])).toBe('2 insertions, 1 deletion by 2 delegations')
    const moved = [change('a', 'moved-away', egypt), change('b', 'kept'), change('a', 'moved-here', egypt)]
    expect(tallyOf([paragraph(...moved)])).toBe('1 move by 1 delegation')
    expect(tallyOf([paragraph(change('a', 'kept'))])).toBe('No changes')
  })

  it('begins at the draft, an hour ago, today, at a version or at a chosen time', () => {
    const now = new Date('2026-11-22T19:30:00Z')
    expect(timeOf('start', '', '2026-11-20T08:00:00Z', now)).toBe('2026-11-20T08:00:00.000Z')
    expect(timeOf('hour', '', '', now)).toBe('2026-11-22T18:30:00.000Z')
    expect(new Date(timeOf('today', '', '', now)!).getHours()).toBe(0)
    expect(timeOf('2026-11-21T10:00:00Z', '', '', now)).toBe('2026-11-21T10:00:00Z')
    expect(new Date(timeOf('date', '2026-11-22T09:15', '', now)!).getMinutes()).toBe(15)
    expect(timeOf('date', '', '', now)).toBeNull()
  })
})
