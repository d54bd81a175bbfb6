import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Version } from '../src/api'
import { exceptionsOf, statusLine, titleOf } from '../src/papers/forms'
import { comparisonAddress, exportAddress } from '../src/papers/requests'
import { idOf, readVersions } from '../src/papers/versions'

const version = (rest: Partial<Version> = {}): Version => ({
  id: 'v-1', name: 'First reading', seq: 3, at: '2026-04-17T18:00:00Z', by: 'chair', symbol: '', status: 'Status as of 17 April 2026', exceptions: '', hash: 'abc', published: false, address: '', acts: [], ...rest,
})

function chapter(versions: Record<string, unknown>): Y.Doc {
  const doc = new Y.Doc()
  for (const [name, value] of Object.entries(versions)) doc.getMap('versions').set(name, value)
  return doc
}

describe('the versions of a chapter', () => {
  it('are read newest first, the automatic ones apart', () => {
    const doc = chapter({
      First: { seq: 2, at: '2026-04-01T00:00:00Z', by: 'chair' },
      Second: { seq: 9, at: '2026-04-02T00:00:00Z', by: 'chair', symbol: 'A/1', status: 'Status as of 2 April 2026', hash: 'ff' },
      'Automatic: Status': { seq: 5, at: '2026-04-01T12:00:00Z', by: 'adref', automatic: true },
    })
    const { named, automatic } = readVersions(doc)
    expect(named.map(({ name }) => name)).toEqual(['Second', 'First'])
    expect(automatic.map(({ name }) => name)).toEqual(['Automatic: Status'])
    expect(named[1]).toMatchObject({ symbol: '', status: '', hash: '', published: false, address: '', acts: [] })
  })

  it('are published or not by their last act', () => {
    const publish = { act: 'publish', by: 'chair', at: '2026-04-02T00:00:00Z' }
    const withdraw = { act: 'withdraw', by: 'secretariat', at: '2026-04-03T00:00:00Z' }
    const one = (acts: unknown[]) => readVersions(chapter({ One: { seq: 1, at: '', by: 'chair', address: 'a-1', acts } })).named[0]!
    expect(one([publish])).toMatchObject({ published: true, address: '/papers/a-1' })
    expect(one([publish, withdraw])).toMatchObject({ published: false, acts: [publish, withdraw] })
  })

  it('are passed over where something else stands', () => {
    expect(readVersions(chapter({ Odd: 'text', None: null }))).toEqual({ named: [], automatic: [] })
  })

  it('have the id that the server gives them', () => {
    expect(idOf('First reading')).toBe('v-cd972f9af680')
    expect(idOf('WSIS+10/4/26/Pre-agreed, Status as of 17 April 2026, COB')).toBe('v-7134a9ddeaf0')
  })
})

describe('what is said of a version', () => {
  it('says the symbol and the status line once', () => {
    const both = version({ symbol: 'A/1', name: 'A/1, Status as of 17 April 2026' })
    expect(titleOf(both)).toEqual({ title: 'A/1', line: 'Status as of 17 April 2026' })
    expect(titleOf(version())).toEqual({ title: 'First reading', line: 'Status as of 17 April 2026' })
    expect(titleOf(version({ name: 'Automatic: Status as of 17 April 2026' }))).toEqual({ title: 'Automatic: Status as of 17 April 2026', line: '' })
  })

  it('shows beforehand the status line that the server will write', () => {
    expect(statusLine('2014-04-17', ' COB ')).toBe('Status as of 17 April 2014, COB')
    expect(statusLine('2014-04-17', '')).toBe('Status as of 17 April 2014')
    expect(statusLine('', 'COB')).toBe('')
  })

  it('says that all is agreed only where that is known', () => {
    expect(exceptionsOf(version({ exceptions: 'besides Paras 2, 21' }))).toBe('besides Paras 2, 21')
    expect(exceptionsOf(version())).toBe('all paragraphs agreed')
    expect(exceptionsOf(version({ hash: '' }))).toBe('')
  })
})

describe('addresses of papers', () => {
  it('name the form, the version and what it is held against', () => {
    expect(exportAddress('c', { form: 'docx', version: '', since: '' })).toBe('/api/chapters/c/export?format=docx')
    expect(exportAddress('c', { form: 'redline', version: 'v-1', since: 'A/1, COB' })).toBe('/api/chapters/c/export?format=redline&version=v-1&since=A%2F1%2C%20COB')
  })

  it('compare with another version or with the text of now', () => {
    expect(comparisonAddress('c', version(), null)).toBe('/api/chapters/c/redline?since=First%20reading&format=html')
    expect(comparisonAddress('c', version(), version({ name: 'B' }))).toBe('/api/chapters/c/redline?since=First%20reading&to=B&format=html')
  })
})
