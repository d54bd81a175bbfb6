// @vitest-environment jsdom
import { expect, it, describe, beforeEach } from 'vitest'
import * as Y from 'yjs'
import type { Participant } from '../src/api'
import { bylineOf, bylineWords } from '../src/authorship/bylines'
import { patternOf, PATTERNS } from '../src/authorship/looks'
import { percent } from '../src/authorship/legend'
import { historyOf } from '../src/authorship/history'
import { Authorship } from '../src/authorship/record'
import { sharesOf } from '../src/authorship/shares'

const me: Participant = { id: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan', group: 'government', role: 'delegate' }

const bylines: Record<string, object> = {
  egypt: { participant: 'egypt', name: 'Nadia', delegation: 'egypt', delegation_name: 'Egypt', group: 'government', number: 4, color: '#3534a0' },
  ifip: { participant: 'ifip', name: 'Kasia', delegation: 'ifip', delegation_name: 'IFIP', group: 'civil society', number: 9, color: '#7a7250' },
}

/** A copy of a chapter with one paragraph, as Japan holds it; `server` writes what the server would. */
class Chapter {
  readonly doc = new Y.Doc()
  readonly server = new Y.Doc()
  readonly text: Y.XmlText
  confirmed = 0
  readonly authorship: Authorship

  constructor() {
    this.addBlock('p1')
    for (const [tag, byline] of Object.entries(bylines)) this.server.getMap('authors').set(tag, byline)
    this.sync()
    this.text = this.textAt(0)
    this.authorship = new Authorship(this.doc, me, (_client, _start, end) => end <= this.confirmed)
  }

  addBlock(id: string): void {
    const element = new Y.XmlElement('paragraph')
    element.setAttribute('id', id)
    element.insert(0, [new Y.XmlText()])
    this.server.getXmlFragment('default').push([element])
  }

  textAt(index: number, doc = this.doc): Y.XmlText {
    return (doc.getXmlFragment('default').get(index) as Y.XmlElement).get(0) as Y.XmlText
  }

  /** The server's part, sent to Japan. */
  sync(): void {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(this.server, Y.encodeStateVector(this.doc)), 'server')
  }

  /** Somebody else writes, from a copy of their own, and the server says so in the same message. */
  write(tag: string, at: number, words: string, block = 0): number {
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.server))
    this.textAt(block, copy).insert(at, words)
    Y.applyUpdate(this.server, Y.encodeStateAsUpdate(copy))
    this.key(copy.clientID, 0, tag)
    this.sync()
    return copy.clientID
  }

  key(client: number, clock: number, tag: string): void {
    this.server.getMap('authorship').set(`${client}:${clock}`, tag)
  }

  runs(text = this.text): [string, string | null][] {
    this.authorship.follow()
    return this.authorship.runs(text).map(({ text: words, tag }) => [words, tag])
  }
}

let chapter: Chapter
beforeEach(() => {
  chapter = new Chapter()
})

describe('the runs of a text', () => {
  it('say who wrote each character, whoever wrote between', () => {
    chapter.write('egypt', 0, 'All people.')
    chapter.write('ifip', 4, 'rural ')
    expect(chapter.runs()).toEqual([['All ', 'egypt'], ['rural ', 'ifip'], ['people.', 'egypt']])
  })

  it('change hands within one client where a key says so', () => {
    const client = chapter.write('egypt', 0, 'abcdefgh')
    chapter.key(client, 3, 'ifip')
    chapter.key(client, 6, 'egypt')
    chapter.sync()
    expect(chapter.runs()).toEqual([['abc', 'egypt'], ['def', 'ifip'], ['gh', 'egypt']])
  })

  it('join neighbours by one author from several clients, and pass over what is deleted', () => {
    chapter.write('egypt', 0, 'one ')
    chapter.write('egypt', 4, 'two three')
    chapter.doc.transact(() => chapter.text.delete(2, 4))
    expect(chapter.runs()).toEqual([['ono three', 'egypt']])
  })

  it('are without an author where the server has not said one', () => {
    const stranger = new Y.Doc()
    Y.applyUpdate(stranger, Y.encodeStateAsUpdate(chapter.doc))
    chapter.textAt(0, stranger).insert(0, 'who?')
    Y.applyUpdate(chapter.doc, Y.encodeStateAsUpdate(stranger))
    expect(chapter.runs()).toEqual([['who?', null]])
  })

  it('take no notice of keys that are none', () => {
    chapter.write('egypt', 0, 'abc')
    const map = chapter.server.getMap('authorship')
    for (const key of ['', 'x:y', '1:2:3', '-1:0', 'constructor']) map.set(key, 'ifip')
    map.set('77:0', { not: 'a tag' })
    chapter.sync()
    chapter.authorship.follow()
    expect(chapter.runs()).toEqual([['abc', 'egypt']])
  })

  it('count a letter outside the basic plane as the two units that it is', () => {
    chapter.write('egypt', 0, '𝄞a')
    chapter.write('ifip', 2, '🌍')
    expect(chapter.runs()).toEqual([['𝄞', 'egypt'], ['🌍', 'ifip'], ['a', 'egypt']])
  })
})

describe('following a document', () => {
  it('computes a text anew only when it has changed', () => {
    chapter.addBlock('p2')
    chapter.sync()
    const other = chapter.textAt(1)
    chapter.write('egypt', 0, 'First.')
    chapter.write('egypt', 0, 'Second.', 1)
    chapter.authorship.follow()
    const before = [chapter.authorship.runs(chapter.text), chapter.authorship.runs(other)]
    expect(chapter.authorship.runs(chapter.text)).toBe(before[0])
    const changed: Y.XmlText[] = []
    chapter.authorship.on('change', (texts) => changed.push(...texts))
    chapter.write('ifip', 0, 'Really ', 1)
    expect(new Set(changed)).toEqual(new Set([other]))
    expect(chapter.authorship.runs(chapter.text)).toBe(before[0])
    expect(chapter.runs(other)).toEqual([['Really ', 'ifip'], ['Second.', 'egypt']])
  })

  it('hears of an author who is named after the words have come', () => {
    chapter.authorship.follow()
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(chapter.server))
    chapter.textAt(0, copy).insert(0, 'Late.')
    Y.applyUpdate(chapter.server, Y.encodeStateAsUpdate(copy))
    chapter.sync()
    expect(chapter.runs()).toEqual([['Late.', null]])
    const changed: Y.XmlText[] = []
    chapter.authorship.on('change', (texts) => changed.push(...texts))
    chapter.key(copy.clientID, 0, 'ifip')
    chapter.sync()
    expect(changed).toEqual([chapter.text])
    expect(chapter.runs()).toEqual([['Late.', 'ifip']])
  })

  it('costs nothing while the text is plain', () => {
    chapter.authorship.follow()
    chapter.authorship.rest()
    let told = 0
    chapter.authorship.on('change', () => told++)
    chapter.write('egypt', 0, 'Quiet.')
    expect(told).toBe(0)
  })
})

describe('one’s own words', () => {
  it('are one’s own before the server says so', () => {
    chapter.authorship.follow()
    chapter.text.insert(0, 'M')
    expect(chapter.runs()).toEqual([['M', 'japan']])
    expect(chapter.authorship.byline('japan')).toMatchObject({ name: 'Haruka', delegation_name: 'Japan' })
    expect(chapter.authorship.isOwn('japan~2')).toBe(true)
  })

  it('stay their authors’ when they were only moved, until the server says what they are', () => {
    chapter.write('egypt', 0, 'All people and ')
    chapter.write('ifip', 15, 'communities')
    chapter.addBlock('p2')
    chapter.sync()
    chapter.authorship.follow()
    chapter.runs()
    chapter.doc.transact(() => {
      chapter.text.delete(4, 22)
      chapter.textAt(1).insert(0, 'people and communities')
    })
    const moved = chapter.textAt(1)
    expect(chapter.runs(moved)).toEqual([['people and ', 'egypt'], ['communities', 'ifip']])
    chapter.confirmed = Infinity
    chapter.authorship.confirmed()
    expect(chapter.runs(moved)).toEqual([['people and communities', 'japan']])
    chapter.key(chapter.doc.clientID, 0, 'egypt')
    chapter.key(chapter.doc.clientID, 11, 'ifip')
    chapter.sync()
    expect(chapter.runs(moved)).toEqual([['people and ', 'egypt'], ['communities', 'ifip']])
  })

  it('that were pasted are nobody’s until the server says whose', () => {
    chapter.authorship.follow()
    chapter.text.insert(0, 'from the clipboard')
    expect(chapter.runs()).toEqual([['from the clipboard', null]])
    chapter.confirmed = Infinity
    chapter.authorship.confirmed()
    expect(chapter.runs()).toEqual([['from the clipboard', 'japan']])
  })
})

describe('shares', () => {
  const shares = (colouring: 'group' | 'delegation') => {
    chapter.authorship.follow()
    return sharesOf(chapter.doc.getXmlFragment('default'), chapter.authorship, colouring).map(({ party, share }) => [party.name, Math.round(share * 100)])
  }

  it('count words, each for whoever wrote its first letter, the largest first', () => {
    chapter.write('egypt', 0, 'one two three ')
    chapter.write('ifip', 14, 'four')
    chapter.write('egypt', 18, 'teen')
    expect(shares('delegation')).toEqual([['Egypt', 75], ['IFIP', 25]])
    expect(shares('group')).toEqual([['Government', 75], ['Civil society', 25]])
  })

  it('count each sign of a script without spaces, and no accent as a word', () => {
    chapter.write('egypt', 0, '情報社会 カナ ')
    chapter.write('ifip', 8, 'क्षेत्र cafe\u0301')
    expect(shares('delegation')).toEqual([['Egypt', 75], ['IFIP', 25]])
  })

  it('name the draft, which nobody in the room wrote', () => {
    chapter.write('adref', 0, 'one two three ')
    chapter.write('egypt', 14, 'four')
    expect(shares('delegation')).toEqual([['Draft as imported', 75], ['Egypt', 25]])
  })

  it('never show nothing for something, nor all for a part', () => {
    expect(percent(0.0004)).toMatch(/^< 1/)
    expect(percent(0.9996)).toMatch(/^> 99/)
    expect(percent(1)).toMatch(/^100/)
  })
})

describe('looks', () => {
  it('differ in pattern for neighbours in number, and for any two of one colour', () => {
    for (let n = 1; n < 72; n++) {
      expect(patternOf(n)).not.toBe(patternOf(n + 1))
      const alike = Array.from({ length: PATTERNS - 1 }, (_, i) => n + 12 * (i + 1))
      for (const other of alike) expect(patternOf(other)).not.toBe(patternOf(n))
    }
  })
})

it('a byline is read with care, and said with its names kept apart', () => {
  const authors = chapter.doc.getMap<unknown>('authors')
  expect(bylineOf(authors, 'nobody')).toBeNull()
  expect(bylineWords(bylineOf(authors, 'egypt')!)).toBe('\u2068Egypt\u2069, Government · \u2068Nadia\u2069')
  chapter.doc.getMap('authors').set('odd', { delegation_name: 7, number: 'x', color: null })
  expect(bylineOf(authors, 'odd')).toMatchObject({ delegation_name: '', number: 0, color: '' })
})

describe('the history of a word', () => {
  const at = '2020-03-01T10:00:00Z'
  const by = (participant: string) => ({ participant, delegation: participant, group: 'government' })
  const runs = [
    { text: 'All ', at, ...by('egypt') },
    { text: 'people', at, ...by('egypt'), moved_by: by('japan') },
  ]
  const japan = { ...by('japan'), name: 'Haruka', delegation_name: 'Japan', number: 5, color: '#5e3f30' }
  const answer = { paragraphs: [{ id: 'p1', runs }], authors: [japan] }

  it('says when it was written, and who moved it', () => {
    const of = (offset: number) => historyOf(answer, { paragraph: 'p1', words: 'All people', offset })
    expect(of(0)).toMatch(/^ · .*2020$/)
    expect(of(3)).not.toContain('moved')
    expect(of(4)).toMatch(/2020 · moved here by \u2068Japan\u2069$/)
    expect(of(10)).toBe('')
  })

  it('says nothing of words that the server does not have', () => {
    expect(historyOf(answer, { paragraph: 'p1', words: 'All persons', offset: 0 })).toBe('')
  })
})
