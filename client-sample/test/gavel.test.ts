// @vitest-environment jsdom
import { joinBackward, joinForward, selectAll, splitBlock, toggleMark } from 'prosemirror-commands'
import { Slice, type Node } from 'prosemirror-model'
import { EditorState, TextSelection } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { yUndoPlugin } from 'y-prosemirror'
import * as Y from 'yjs'
import { syncPlugin } from '../src/editor/binding'
import { idsPlugin } from '../src/editor/ids'
import { schema } from '../src/editor/schema'
import { closingAtCaret, gavelPlugin, putSheet } from '../src/gavel/guard'
import { Hold, type Closing } from '../src/gavel/hold'
import { statusesFor } from '../src/gavel/powers'
import { readLog, readRulings, STATUSES, type Status } from '../src/gavel/rulings'
import { countStatuses } from '../src/gavel/tally'
import { Waiting } from '../src/gavel/undo'
import { actWords, inOneLine, lockWords, tallyWords } from '../src/gavel/words'

const japan = { id: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan', group: 'government', role: 'delegate' }
const chair = { ...japan, id: 'chair', delegation: 'switzerland', role: 'chair' }
const fonua = { participant: 'vice-chair', name: 'Tevita Fonua', delegation: 'tonga', delegation_name: 'Tonga', role: 'vice-chair' }
const egypt = { participant: '', name: '', delegation: 'egypt', delegation_name: 'Egypt' }

let server: Y.Doc
let doc: Y.Doc
let view: EditorView
let me = japan
let foreign: Set<string>
let refused: Closing[]
let waiting: Waiting
let drawn = 0

/** What the server has reaches the page, and the page's own edits reach the server. */
function exchange(): void {
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc)), 'server')
  Y.applyUpdate(server, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(server)), 'page')
}

function judge(): void {
  const hold = new Hold(readRulings(doc), me, foreign)
  const mark = (node: Node) => {
    drawn++
    const lock = hold.lockOn(String(node.attrs.id), node.type.name === 'heading')
    return lock && { closed: hold.of(node)?.by ?? null, mine: false, lock: lockWords(lock, me, true, 0), brief: '', status: null }
  }
  putSheet(view, { hold, mark })
  waiting.release(view.state)
}

function rule(map: string, key: string, value: object | null): void {
  if (value === null) server.getMap(map).delete(key)
  else server.getMap(map).set(key, value)
  exchange()
  judge()
}

const lock = (key: string, more: object = {}) => rule('locks', key, { scope: 'paragraph', number: 1, by: fonua, for: egypt, reason: 'being read out', at: '2030-05-15T10:00:00Z', until: '', paragraphs: [], ...more })
const release = (key: string) => rule('locks', key, null)

function add(name: string, attributes: Record<string, unknown>, words: string): void {
  const element = new Y.XmlElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value as string)
  element.insert(0, [new Y.XmlText(words)])
  server.getXmlFragment('default').push([element])
}

const blocks = (of = doc) => of.getXmlFragment('default').toArray() as Y.XmlElement[]
const texts = (of = doc) => blocks(of).map((block) => (block.toArray() as Y.XmlText[]).map(String).join(''))
const shown = () => view.state.doc.children.map((node) => node.textContent)
const textOf = (id: string, of = server) => blocks(of).find((block) => block.getAttribute('id') === id)!.get(0) as Y.XmlText

function startOf(id: string): number {
  let found = -1
  view.state.doc.forEach((node, position) => (found = node.attrs.id === id ? position + 1 : found))
  return found
}
const endOf = (id: string) => startOf(id) + view.state.doc.nodeAt(startOf(id) - 1)!.content.size
const select = (from: number, to = from) => view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, from, to)))
const type = (at: number, words: string) => view.dispatch(view.state.tr.insertText(words, at))
const run = (command: (state: EditorState, dispatch?: EditorView['dispatch'], view?: EditorView) => boolean) => command(view.state, view.dispatch.bind(view), view)

beforeEach(() => {
  server = new Y.Doc()
  add('heading', { id: 'h', label: '1)', level: 2 }, 'Access')
  add('paragraph', { id: 'a', label: '1' }, 'Alpha')
  add('paragraph', { id: 'b', label: '2' }, 'Beta')
  add('paragraph', { id: 'c', label: '3' }, 'Gamma')
  add('heading', { id: 'i', label: '2)', level: 2 }, 'Trust')
  add('paragraph', { id: 'd', label: '4' }, 'Delta')
  doc = new Y.Doc()
  me = japan
  foreign = new Set()
  refused = []
  drawn = 0
  const note = (closing: Closing) => refused.push(closing)
  waiting = new Waiting(note)
  exchange()
  const plugins = [syncPlugin(doc.getXmlFragment('default')), yUndoPlugin(), idsPlugin(), gavelPlugin(note)]
  view = new EditorView(document.body.appendChild(document.createElement('div')), { state: EditorState.create({ schema, plugins }) })
})

afterEach(() => view.destroy())

const untouched = ['Access', 'Alpha', 'Beta', 'Gamma', 'Trust', 'Delta']

describe('a locked paragraph', () => {
  const bold = toggleMark(schema.marks.strong!)
  const attempts: Record<string, () => void> = {
    'a letter': () => type(startOf('b') + 2, 'x'),
    'a letter at its beginning': () => type(startOf('b'), 'x'),
    'a letter at its end': () => type(endOf('b'), 'x'),
    'a line break': () => view.dispatch(view.state.tr.insert(startOf('b') + 2, schema.nodes.hardBreak!.create())),
    'a deletion': () => view.dispatch(view.state.tr.delete(startOf('b'), startOf('b') + 2)),
    'Enter within': () => (select(startOf('b') + 2), run(splitBlock)),
    'Backspace at its beginning': () => (select(startOf('b')), run(joinBackward)),
    'Delete at its end': () => (select(endOf('b')), run(joinForward)),
    'Backspace behind it': () => (select(startOf('c')), run(joinBackward)),
    'Delete before it': () => (select(endOf('a')), run(joinForward)),
    'a format': () => (select(startOf('b'), endOf('b')), run(bold)),
    'a format over everything': () => (run(selectAll), run(bold)),
    'its deletion': () => view.dispatch(view.state.tr.delete(startOf('b') - 1, endOf('b') + 1)),
    'the deletion of everything': () => (run(selectAll), view.dispatch(view.state.tr.deleteSelection())),
    'a selection that reaches into it': () => view.dispatch(view.state.tr.delete(startOf('a') + 2, startOf('b') + 2)),
    'a paste': () => view.dispatch(view.state.tr.replace(startOf('b') + 1, startOf('b') + 1, Slice.maxOpen(schema.node('doc', null, [schema.node('paragraph', null, schema.text('x'))]).content))),
    'the same words again': () => view.dispatch(view.state.tr.insertText('Bet', startOf('b'), startOf('b') + 3)),
    'another label': () => view.dispatch(view.state.tr.setNodeMarkup(startOf('b') - 1, null, { id: 'b', label: '9' })),
    'another id': () => view.dispatch(view.state.tr.setNodeMarkup(startOf('b') - 1, null, { id: 'z', label: '2' })),
    'being a heading': () => view.dispatch(view.state.tr.setNodeMarkup(startOf('b') - 1, schema.nodes.heading, { id: 'b', label: '2' })),
    'a move': () => {
      const node = view.state.doc.nodeAt(startOf('b') - 1)!
      view.dispatch(view.state.tr.delete(startOf('b') - 1, endOf('b') + 1).insert(0, node))
    },
  }

  for (const [name, attempt] of Object.entries(attempts)) {
    it(`is kept from ${name}`, async () => {
      lock('b')
      const before = Y.encodeStateVector(doc)
      attempt()
      await Promise.resolve()
      expect(shown()).toEqual(untouched)
      expect(texts()).toEqual(untouched)
      expect(Y.encodeStateVector(doc)).toEqual(before)
      expect(refused.map(({ by }) => by)).toEqual(['lock'])
    })

    it(`takes ${name} again once it is released`, () => {
      lock('b')
      release('b')
      attempt()
      exchange()
      expect(refused).toEqual([])
      expect(server.getXmlFragment('default').toString()).toBe(doc.getXmlFragment('default').toString())
    })
  }

  it('shows what its holder writes', () => {
    lock('b')
    textOf('b').insert(4, ' is')
    exchange()
    expect(shown()[2]).toBe('Beta is')
  })

  it('goes when the server takes it away, and comes back', () => {
    lock('b')
    server.getXmlFragment('default').delete(2, 1)
    exchange()
    expect(shown()).toEqual(['Access', 'Alpha', 'Gamma', 'Trust', 'Delta'])
  })

  it('is its holder’s to write', () => {
    me = { ...japan, delegation: 'egypt' }
    lock('b')
    type(endOf('b'), '!')
    expect(texts()[2]).toBe('Beta!')
    lock('b', { for: { ...egypt, participant: 'somebody', name: 'Somebody else' } })
    type(endOf('b'), '?')
    expect(texts()[2]).toBe('Beta!')
  })

  it('leaves all others free, also beside it', () => {
    lock('b')
    type(endOf('a'), ' one')
    type(startOf('c'), 'The ')
    view.dispatch(view.state.tr.delete(startOf('d') - 1, endOf('d') + 1))
    select(endOf('b'))
    run(splitBlock)
    expect(texts()).toEqual(['Access', 'Alpha one', 'Beta', '', 'The Gamma', 'Trust'])
    expect(blocks()[2]!.getAttribute('id')).toBe('b')
    expect(refused).toEqual([])
  })

  it('says so at the caret, and may be copied from', () => {
    lock('b')
    select(startOf('b'), endOf('b'))
    expect(closingAtCaret(view.state)?.by).toBe('lock')
    expect(view.serializeForClipboard(view.state.selection.content()).text).toBe('Beta')
    select(startOf('a'))
    expect(closingAtCaret(view.state)).toBeNull()
  })
})

describe('a locked section', () => {
  beforeEach(() => lock('h', { scope: 'section', paragraphs: ['h', 'a', 'b', 'c'] }))

  it('is closed, and nothing comes between its members or behind the last', () => {
    for (const id of ['h', 'a', 'b', 'c']) {
      type(endOf(id), 'x')
      select(endOf(id))
      run(splitBlock)
    }
    view.dispatch(view.state.tr.insert(endOf('c') + 1, schema.node('paragraph', null, schema.text('More'))))
    expect(texts()).toEqual(untouched)
  })

  it('ends where another section begins', () => {
    view.dispatch(view.state.tr.insert(endOf('c') + 1, [schema.node('heading', null, schema.text('New')), schema.node('paragraph', null, schema.text('More'))]))
    type(endOf('d'), '!')
    view.dispatch(view.state.tr.insert(0, schema.node('paragraph', null, schema.text('Before'))))
    expect(texts()).toEqual(['Before', 'Access', 'Alpha', 'Beta', 'Gamma', 'New', 'More', 'Trust', 'Delta!'])
  })

  it('has a paragraph that was given to somebody', () => {
    lock('b', { for: { participant: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan' } })
    type(endOf('b'), '!')
    type(endOf('a'), '!')
    expect(texts().slice(1, 3)).toEqual(['Alpha', 'Beta!'])
  })
})

describe('what else is closed', () => {
  it('headings, when they are locked: none changes, none is made', () => {
    lock('*', { scope: 'headings' })
    type(endOf('h'), '!')
    view.dispatch(view.state.tr.insert(endOf('d') + 1, schema.node('heading', null, schema.text('New'))))
    type(endOf('a'), '!')
    expect(texts()).toEqual(['Access', 'Alpha!', 'Beta', 'Gamma', 'Trust', 'Delta'])
  })

  it('a text that is agreed, for all but the chair', () => {
    rule('statuses', 'b', { status: 'agreed', number: 2, by: fonua, at: '', text: 'Beta', hash: '' })
    type(endOf('b'), '!')
    expect(texts()[2]).toBe('Beta')
    me = chair
    judge()
    type(endOf('b'), '!')
    expect(texts()[2]).toBe('Beta!')
  })

  it('what is with others, unless it is locked for oneself', async () => {
    foreign = new Set(['i', 'd'])
    judge()
    type(endOf('d'), '!')
    select(endOf('d'))
    run(splitBlock)
    await Promise.resolve()
    expect(texts()).toEqual(untouched)
    expect(refused.map(({ by }) => by)).toEqual(['right', 'right'])
    lock('d', { for: { participant: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan' } })
    type(endOf('d'), '!')
    expect(texts()[5]).toBe('Delta!')
  })
})

describe('undo', () => {
  it('leaves alone what has been locked since, says so, and does it after the release', () => {
    type(endOf('b'), ' mine')
    exchange()
    lock('b')
    run(waiting.undo)
    expect(texts()[2]).toBe('Beta mine')
    expect(refused).toHaveLength(1)
    release('b')
    run(waiting.undo)
    expect(texts()[2]).toBe('Beta')
  })

  it('goes on with what is open', () => {
    type(endOf('a'), ' first')
    exchange()
    lock('b')
    run(waiting.undo)
    expect(texts()[1]).toBe('Alpha')
    run(waiting.redo)
    expect(texts()[1]).toBe('Alpha first')
  })

  it('does not redo into what has been locked since', () => {
    type(endOf('b'), ' mine')
    run(waiting.undo)
    exchange()
    lock('b')
    run(waiting.redo)
    expect(texts()[2]).toBe('Beta')
    release('b')
    run(waiting.redo)
    expect(texts()[2]).toBe('Beta mine')
  })

  it('does not say again what the server has said again', () => {
    view.dispatch(view.state.tr.delete(startOf('b'), endOf('b')))
    exchange()
    const text = textOf('b')
    expect(text.toString()).toBe('')
    server.clientID = 1
    server.transact((tr) => {
      const { client, clock } = text._start!.id
      for (const [i, letter] of [...'Beta'].entries()) {
        const tombstone = Y.createID(client, clock + i)
        const left = Y.getItemCleanEnd(tr, server.store, tombstone)
        const id = Y.createID(1, Y.getState(server.store, 1))
        new Y.Item(id, left, tombstone, left.right, left.right?.id ?? null, text, null, new Y.ContentString(letter)).integrate(tr, 0)
        server.getMap('restored').set(`${id.clock}:1`, `${client}:${clock + i}`)
      }
    })
    exchange()
    expect(texts()[2]).toBe('Beta')
    run(waiting.undo)
    expect(texts()[2]).toBe('Beta')
  })

  it('does not make again a paragraph that the server has made again', () => {
    view.dispatch(view.state.tr.delete(startOf('b') - 1, endOf('b') + 1))
    exchange()
    const again = new Y.XmlElement('paragraph')
    server.transact(() => {
      again.setAttribute('id', 'b')
      again.insert(0, [new Y.XmlText('Beta')])
      server.getXmlFragment('default').insert(2, [again])
    })
    exchange()
    run(waiting.undo)
    expect(texts()).toEqual(untouched)
  })

  it('takes back a paragraph’s move in one step', () => {
    const node = view.state.doc.nodeAt(startOf('b') - 1)!
    view.dispatch(view.state.tr.delete(startOf('b') - 1, endOf('b') + 1).insert(0, node))
    expect(texts()[0]).toBe('Beta')
    exchange()
    run(waiting.undo)
    expect(texts()).toEqual(untouched)
  })

  it('passes over words that the server has taken out', () => {
    type(endOf('a'), ' kept')
    stopCapturing()
    type(endOf('b'), ' mine')
    exchange()
    textOf('b').delete(4, 5)
    exchange()
    lock('b')
    run(waiting.undo)
    expect(texts().slice(1, 3)).toEqual(['Alpha', 'Beta'])
    expect(refused).toEqual([])
  })
})

/** What is typed from now on is a step of its own. */
function stopCapturing(): void {
  const plugin = view.state.plugins.find((each) => (each.getState(view.state) as { undoManager?: Y.UndoManager } | undefined)?.undoManager)
  ;(plugin!.getState(view.state) as { undoManager: Y.UndoManager }).undoManager.stopCapturing()
}

describe('the line above a paragraph', () => {
  const line = (id: string) => view.dom.querySelector<HTMLElement>(`[data-of="${id}"]`)
  const plain = (element: Element | null) => element?.textContent?.replace(/[\u2068\u2069]/g, '') ?? null

  it('says who holds it and why, and describes the paragraph', () => {
    lock('b')
    expect(plain(line('b'))).toBe('Locked for Egypt by Tevita Fonua (vice-chair): being read out')
    expect(line('b')!.querySelector('svg')).not.toBeNull()
    const paragraph = view.dom.querySelector('[data-id="b"]')!
    expect(paragraph.getAttribute('aria-describedby')).toBe(line('b')!.id)
    expect(line('b')!.nextElementSibling).toBe(paragraph)
    release('b')
    expect(line('b')).toBeNull()
    expect(paragraph.hasAttribute('aria-describedby')).toBe(false)
  })

  it('stays the same element while others write, and only changed paragraphs are looked at', () => {
    lock('b')
    lock('c')
    const [b, c] = [line('b'), line('c')]
    drawn = 0
    for (const letter of ' is read') {
      textOf('a').insert(5, letter)
      exchange()
    }
    expect(drawn).toBe(8)
    textOf('b').insert(4, '!')
    exchange()
    expect([line('b'), line('c')]).toEqual([b, c])
    expect(line('b')!.nextElementSibling!.textContent).toBe('Beta!')
  })

  it('goes with its paragraph', () => {
    lock('b')
    server.getXmlFragment('default').delete(2, 1)
    exchange()
    expect(view.dom.querySelectorAll('.mark-line')).toHaveLength(0)
    server.getXmlFragment('default').delete(1, 1)
    add('paragraph', { id: 'b', label: '2' }, 'Beta again')
    exchange()
    expect(line('b')!.nextElementSibling!.textContent).toBe('Beta again')
    expect(view.dom.querySelectorAll('.mark-line')).toHaveLength(1)
  })
})

describe('in words', () => {
  const lockOf = (more: object = {}) => {
    lock('b', more)
    return readRulings(doc).locks.get('b')!
  }
  const said = (more: object, who = japan, here = true) => inOneLine(lockWords(lockOf(more), who, here, Date.parse('2030-05-15T12:00:00Z'))).replace(/[\u2068\u2069]/g, '')
  const own = { participant: 'vice-chair', name: 'Tevita Fonua', delegation: 'tonga', delegation_name: 'Tonga' }

  it('a lock says for whom, by whom, why, until when, and whether its holder is here', () => {
    expect(said({})).toBe('Locked for Egypt by Tevita Fonua (vice-chair): being read out')
    expect(said({ for: own, reason: '' })).toBe('Locked by Tevita Fonua (vice-chair)')
    expect(said({ reason: '' }, { ...japan, delegation: 'egypt' }, false)).toBe('Locked for your delegation by Tevita Fonua (vice-chair)')
    expect(said({ for: { ...own, participant: 'japan' }, reason: '' })).toBe('Locked for you by Tevita Fonua (vice-chair)')
    expect(said({}, japan, false)).toContain('nobody of Egypt is here')
    expect(said({ until: '2030-05-15T11:00:00Z' })).toMatch(/overdue: was due .*May/)
    expect(said({ until: '2030-05-15T13:00:00Z' })).toMatch(/until .*May/)
  })

  it('counters name what there is, the most agreed first', () => {
    const counts = (entries: [Status, number][]) => tallyWords(new Map(entries), 0)
    expect(counts([['draft', 20], ['agreed', 12], ['agreed ad referendum', 3]])).toBe('12 agreed · 3 agreed ad referendum · 20 draft')
    expect(counts([['draft', 20]])).toBe('')
    expect(tallyWords(new Map([['agreed', 1]]), 1)).toBe('1 agreed · 1 changed since agreed')
    expect(tallyWords(new Map(STATUSES.map((status) => [status, 1])), 0).split(' · ')).toHaveLength(STATUSES.length)
  })

  it('counters count paragraphs that are there, headings not', () => {
    for (const id of ['a', 'h', 'gone']) rule('statuses', id, { status: 'agreed', number: 1, by: fonua, at: '', void: { at: '2030-05-15T11:00:00Z', by: 'chair' } })
    const { of, voided } = countStatuses(view.state.doc, readRulings(doc))
    expect([of.get('agreed'), of.get('draft'), voided]).toEqual([1, 3, 1])
  })

  it('the log is read newest first, numbers as they come, and what is no ruling is passed over', () => {
    rule('rulings', '1', { n: 1.0, act: 'lock', paragraph: 'b', by: fonua, at: '2030-05-15T10:00:00Z', for: egypt, until: '', scope: 'paragraph', reason: 'why' })
    rule('rulings', '10', { n: 10, act: 'break', paragraph: 'b', by: { ...fonua, role: 'chair' }, at: '', reason: '' })
    server.getMap('rulings').set('x', 'nonsense')
    exchange()
    const words = readLog(doc).map((act) => actWords(act, 'paragraph 2').replace(/[\u2068\u2069]/g, ''))
    expect(words).toEqual(['broke the lock on paragraph 2', 'locked paragraph 2 for Egypt'])
  })
})

it('who may set which status', () => {
  expect(statusesFor('chair', 'agreed')).toEqual(STATUSES)
  expect(statusesFor('vice-chair', 'draft')).toEqual(STATUSES.filter((status) => status !== 'agreed'))
  expect(statusesFor('vice-chair', 'agreed')).toEqual([])
  expect(statusesFor('secretariat', 'draft')).toEqual(['draft', 'bracketed', 'not discussed', 'no agreement'])
  expect(statusesFor('secretariat', 'agreed ad referendum')).toEqual([])
  for (const role of ['delegate', 'observer', '']) expect(statusesFor(role, 'draft')).toEqual([])
})
