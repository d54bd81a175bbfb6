// @vitest-environment jsdom
import { splitBlock, joinBackward, toggleMark } from 'prosemirror-commands'
import { Slice } from 'prosemirror-model'
import { EditorState, NodeSelection, TextSelection } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { undo, yUndoPlugin } from 'y-prosemirror'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { syncPlugin } from '../src/editor/binding'
import { idsPlugin } from '../src/editor/ids'
import { schema } from '../src/editor/schema'

type Part = string | { insert: string; attributes: Record<string, unknown> }

function addBlock(doc: Y.Doc, name: string, attributes: Record<string, unknown>, parts: Part[]): Y.XmlElement {
  const element = new Y.XmlElement(name)
  doc.transact(() => {
    doc.getXmlFragment('default').push([element])
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value as string)
    const text = new Y.XmlText()
    element.insert(0, [text])
    text.applyDelta(parts.map((part) => (typeof part === 'string' ? { insert: part } : part)))
  })
  return element
}

function open(doc: Y.Doc, editable = true): EditorView {
  const plugins = [syncPlugin(doc.getXmlFragment('default')), yUndoPlugin(), idsPlugin()]
  const place = document.body.appendChild(document.createElement('div'))
  return new EditorView(place, { state: EditorState.create({ schema, plugins }), editable: () => editable })
}

/** A chapter of two copies that hear of each other's changes only through `exchange`. */
function twoCopies(fill: (doc: Y.Doc) => void) {
  const a = new Y.Doc()
  fill(a)
  const b = new Y.Doc()
  const exchange = () => {
    const [toA, toB] = [Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)), Y.encodeStateAsUpdate(a, Y.encodeStateVector(b))]
    Y.applyUpdate(b, toB, 'far')
    Y.applyUpdate(a, toA, 'far')
  }
  exchange()
  return { a, b, exchange }
}

const blocks = (doc: Y.Doc) => doc.getXmlFragment('default').toArray() as Y.XmlElement[]
const summary = (doc: Y.Doc) => blocks(doc).map((el) => [el.getAttribute('label'), (el.toArray() as Y.XmlText[]).map((t) => t.toString()).join('')])
const caret = (view: EditorView, position: number) => view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, position)))
const typeAt = (view: EditorView, position: number, text: string) => view.dispatch(view.state.tr.insertText(text, position))
const startOf = (view: EditorView, index: number) => {
  let position = 0
  for (let i = 0; i < index; i++) position += view.state.doc.child(i).nodeSize
  return position + 1
}

const plain = (doc: Y.Doc) => {
  addBlock(doc, 'heading', { id: 'h1', label: '1)', level: 2 }, ['Access'])
  addBlock(doc, 'paragraph', { id: 'p1', label: '1' }, ['Promote coordination'])
  addBlock(doc, 'paragraph', { id: 'p2', label: '2' }, ['Develop an approach'])
}

describe('paragraphs', () => {
  it('keep element, id and label when one is split; the new one has a fresh id and no label', () => {
    const doc = new Y.Doc()
    plain(doc)
    const before = blocks(doc)
    const view = open(doc)
    caret(view, startOf(view, 1) + 8)
    splitBlock(view.state, view.dispatch)
    expect(summary(doc)).toEqual([['1)', 'Access'], ['1', 'Promote '], ['', 'coordination'], ['2', 'Develop an approach']])
    expect(blocks(doc)[1]).toBe(before[1])
    expect(blocks(doc)[3]).toBe(before[2])
    expect(blocks(doc)[2]!.getAttribute('id')).toMatch(/^p-[0-9a-f]{16}$/)
  })

  it('are split in one update, so that no copy ever shows two paragraphs of one id', () => {
    const doc = new Y.Doc()
    plain(doc)
    const view = open(doc)
    let updates = 0
    doc.on('update', () => updates++)
    caret(view, startOf(view, 1) + 8)
    splitBlock(view.state, view.dispatch)
    expect(updates).toBe(1)
  })

  it('stay where they are when Enter is pressed before their first word', () => {
    const doc = new Y.Doc()
    plain(doc)
    const element = blocks(doc)[1]
    const view = open(doc)
    caret(view, startOf(view, 1))
    splitBlock(view.state, view.dispatch)
    expect(summary(doc)[1]).toEqual(['', ''])
    expect(summary(doc)[2]).toEqual(['1', 'Promote coordination'])
    expect(blocks(doc)[2]).toBe(element)
  })

  it('keep the first one’s identity when two are joined', () => {
    const doc = new Y.Doc()
    plain(doc)
    const [, first] = blocks(doc)
    const view = open(doc)
    caret(view, startOf(view, 2))
    joinBackward(view.state, view.dispatch)
    expect(summary(doc)).toEqual([['1)', 'Access'], ['1', 'Promote coordinationDevelop an approach']])
    expect(blocks(doc)[1]).toBe(first)
  })

  it('keep id and label when cut and pasted elsewhere, and a copy becomes a new one', () => {
    const doc = new Y.Doc()
    plain(doc)
    const view = open(doc)
    const moved = view.state.doc.child(1)
    const start = startOf(view, 1) - 1
    view.dispatch(view.state.tr.delete(start, start + moved.nodeSize))
    view.dispatch(view.state.tr.insert(view.state.doc.content.size, moved))
    expect(summary(doc)).toEqual([['1)', 'Access'], ['2', 'Develop an approach'], ['1', 'Promote coordination']])
    view.dispatch(view.state.tr.replace(0, 0, new Slice(view.state.doc.slice(start).content, 0, 0)))
    const ids = blocks(doc).map((el) => el.getAttribute('id'))
    expect(new Set(ids).size).toBe(ids.length)
    expect(summary(doc).filter(([label]) => label === '1')).toHaveLength(1)
  })

  it('that another client doubled are left for the server to mend, and stay editable', () => {
    const doc = new Y.Doc()
    addBlock(doc, 'paragraph', { id: 'p1', label: '1' }, ['one'])
    addBlock(doc, 'paragraph', { id: 'p1', label: '1' }, ['two'])
    const before = blocks(doc)
    const view = open(doc)
    typeAt(view, startOf(view, 1), 'X')
    expect(summary(doc)).toEqual([['1', 'one'], ['1', 'Xtwo']])
    expect(blocks(doc)).toEqual(before)
  })

  it('converge with both people’s words when edited, split and joined at once', () => {
    const { a, b, exchange } = twoCopies(plain)
    const [left, right] = [open(a), open(b)]
    caret(left, startOf(left, 1) + 8)
    splitBlock(left.state, left.dispatch)
    typeAt(right, startOf(right, 2), 'Jointly ')
    typeAt(right, startOf(right, 1), 'Strongly ')
    exchange()
    exchange()
    expect(summary(a)).toEqual(summary(b))
    expect(left.state.doc.textContent).toBe(right.state.doc.textContent)
    expect(a.getXmlFragment('default').toString()).toContain('Strongly Promote')
    expect(a.getXmlFragment('default').toString()).toContain('Jointly Develop')
  })

  it('begun empty by two people at once hold the words of both, once', () => {
    const { a, b, exchange } = twoCopies((doc) => {
      const element = new Y.XmlElement('paragraph')
      doc.getXmlFragment('default').push([element])
      element.setAttribute('id', 'p1')
    })
    const [left, right] = [open(a), open(b)]
    typeAt(left, 1, 'left')
    typeAt(right, 1, 'right')
    exchange()
    exchange()
    typeAt(left, 1, 'L')
    typeAt(right, right.state.doc.content.size - 1, 'R')
    exchange()
    exchange()
    expect(left.state.doc.textContent).toBe(right.state.doc.textContent)
    for (const word of ['left', 'right']) expect(left.state.doc.textContent.split(word)).toHaveLength(2)
  })
})

describe('an edit among equal letters', () => {
  /** The words of a paragraph, those that the second copy wrote in braces. */
  const written = (element: Y.XmlElement, client: number) => {
    let words = ''
    for (let item = (element.get(0) as Y.XmlText)._start; item !== null; item = item.right) {
      if (item.deleted || !(item.content instanceof Y.ContentString)) continue
      words += item.id.client === client ? `{${item.content.str}}` : item.content.str
    }
    return words.replaceAll('}{', '')
  }
  const begin = () => {
    const copies = twoCopies((doc) => {
      addBlock(doc, 'paragraph', { id: 'p1', label: '1' }, ['the very long way.'])
      addBlock(doc, 'paragraph', { id: 'p2', label: '2' }, ['And all the way.'])
    })
    const view = open(copies.b)
    const say = (index: number) => written(blocks(copies.b)[index]!, copies.b.clientID)
    return { view, say }
  }

  it('inserts the very letters that were typed', () => {
    const { view, say } = begin()
    typeAt(view, 4, ' ')
    typeAt(view, 5, 'very')
    expect(say(0)).toBe('the{ very} very long way.')
  })

  it('leaves the end of a paragraph alone when another is joined to it', () => {
    const { view, say } = begin()
    caret(view, startOf(view, 1))
    joinBackward(view.state, view.dispatch)
    expect(say(0)).toBe('the very long way.{And all the way.}')
  })

  it('writes anew only what was moved within a paragraph', () => {
    const { view, say } = begin()
    const { tr } = view.state
    view.dispatch(tr.delete(5, 10).insertText(' very', 13))
    expect(say(0)).toBe('the long way{ very}.')
  })

  it('leaves both halves alone when a paragraph is split and two words are typed in one step', () => {
    const { view, say } = begin()
    view.dispatch(view.state.tr.split(9).insertText('so ', 5))
    expect([say(0), say(1)]).toEqual(['the {so }very', '{ long way.}'])
  })

  it('keeps a letter of two halves whole', () => {
    const doc = new Y.Doc()
    addBlock(doc, 'paragraph', { id: 'p1', label: '1' }, ['a😀b'])
    const view = open(doc)
    view.dispatch(view.state.tr.insertText('\ude01', 3, 4))
    expect(summary(doc)[0]).toEqual(['1', 'a😁b'])
  })
})

describe('a word that is being composed', () => {
  const compose = (view: EditorView, event: 'start' | 'end') => view.dom.dispatchEvent(new CompositionEvent(`composition${event}`, { bubbles: true }))
  const textIn = (doc: Y.Doc, index = 0) => blocks(doc)[index]!.get(0) as Y.XmlText
  const shown = (view: EditorView, index = 0) => view.state.doc.child(index).textContent
  const begin = (text = 'the way', caretAt = 8) => {
    const copies = twoCopies((doc) => {
      addBlock(doc, 'paragraph', { id: 'p1', label: '1' }, [text])
      addBlock(doc, 'paragraph', { id: 'p2', label: '2' }, ['And on.'])
    })
    const view = open(copies.b)
    caret(view, caretAt)
    compose(view, 'start')
    return { ...copies, view }
  }
  const settled = async (view: EditorView) => {
    compose(view, 'end')
    await new Promise((resolve) => setTimeout(resolve))
  }

  it('has its paragraph as it was, all others as they are', () => {
    const { a, exchange, view } = begin()
    const element = view.dom.children[0]
    typeAt(view, 8, 'に')
    textIn(a).insert(3, ' very')
    blocks(a)[0]!.setAttribute('label', '1a')
    textIn(a, 1).insert(0, 'On. ')
    exchange()
    expect([shown(view), shown(view, 1)]).toEqual(['the wayに', 'On. And on.'])
    expect(view.dom.children[0]).toBe(element)
    expect(view.state.selection.head).toBe(9)
  })

  it('goes where it belongs among what others wrote, and all is shown when it is done', async () => {
    const { a, b, exchange, view } = begin()
    typeAt(view, 8, 'に')
    exchange()
    textIn(a).applyDelta([{ retain: 4, attributes: { strong: {} } }, { insert: 'very ' }, { delete: 1 }, { retain: 3 }, { insert: '!' }])
    blocks(a)[0]!.setAttribute('label', '1a')
    exchange()
    view.dispatch(view.state.tr.insertText('日本', 8, 9))
    exchange()
    expect(textIn(b).toDelta()).toEqual([{ insert: 'the ', attributes: { strong: {} } }, { insert: 'very ay日本!' }])
    await settled(view)
    expect(shown(view)).toBe('the very ay日本!')
    expect(view.state.doc.child(0).attrs.label).toBe('1a')
    expect(view.state.selection.head).toBe(14)
    exchange()
    expect(a.getXmlFragment('default').toString()).toBe(b.getXmlFragment('default').toString())
  })

  it('is left alone by paragraphs that come and go before and after it in one step', () => {
    const { a, exchange, view } = begin()
    typeAt(view, 8, 'に')
    exchange()
    const element = view.dom.children[0]
    a.transact(() => {
      textIn(a).insert(0, 'All ')
      blocks(a)[1]!.setAttribute('id', 'p9')
      const first = new Y.XmlElement('paragraph')
      a.getXmlFragment('default').insert(0, [first])
      first.setAttribute('id', 'p0')
      first.insert(0, [new Y.XmlText('New.')])
    })
    exchange()
    expect([shown(view), shown(view, 1)]).toEqual(['New.', 'the wayに'])
    expect(view.dom.children[1]).toBe(element)
    view.dispatch(view.state.tr.insertText('ほ', view.state.selection.head))
    exchange()
    expect(textIn(a, 1).toString()).toBe('All the wayにほ')
  })

  it('keeps its weight, and what it is like when others delete all around it', async () => {
    const { a, exchange, view } = begin()
    view.dispatch(view.state.tr.replaceSelectionWith(schema.text('に', [schema.marks.strong!.create()]), false))
    exchange()
    textIn(a).delete(0, 8)
    exchange()
    view.dispatch(view.state.tr.replaceWith(8, 9, schema.text('日本', [schema.marks.strong!.create()])))
    await settled(view)
    exchange()
    expect(textIn(a).toDelta()).toEqual([{ insert: '日本', attributes: { strong: {} } }])
    expect(shown(view)).toBe('日本')
    expect(view.state.selection.head).toBe(3)
  })

  it('goes on when others break its paragraph into lines', async () => {
    const { a, b, exchange, view } = begin()
    typeAt(view, 8, 'に')
    exchange()
    blocks(a)[0]!.push([new Y.XmlElement('hardBreak'), new Y.XmlText('new line')])
    textIn(a).insert(0, 'See: ')
    exchange()
    typeAt(view, 9, 'ほ')
    expect(shown(view)).toBe('the wayにほ')
    await settled(view)
    expect(shown(view)).toBe('See: the wayにほnew line')
    caret(view, 15)
    compose(view, 'start')
    typeAt(view, 15, 'ん')
    textIn(a).insert(0, '1. ')
    ;(blocks(a)[0]!.get(2) as Y.XmlText).insert(8, '?')
    exchange()
    view.dispatch(view.state.tr.insertText('日', 13, 17))
    typeAt(view, view.state.doc.child(0).nodeSize - 1, '.')
    await settled(view)
    expect(shown(view)).toBe('1. See: the way日new line.?')
    expect(b.getXmlFragment('default').toString()).not.toContain('hardBreak')
    exchange()
    expect(a.getXmlFragment('default').toString()).toBe(b.getXmlFragment('default').toString())
  })

  it('begins a paragraph that another begins at once', async () => {
    const { a, b, exchange } = twoCopies((doc) => {
      const element = new Y.XmlElement('paragraph')
      doc.getXmlFragment('default').push([element])
      element.setAttribute('id', 'p1')
    })
    const [mine, other] = [open(b), open(a)]
    caret(mine, 1)
    compose(mine, 'start')
    typeAt(mine, 1, 'に')
    typeAt(other, 1, 'Other')
    exchange()
    expect(shown(mine)).toBe('に')
    mine.dispatch(mine.state.tr.insertText('日本', 1, 2))
    await settled(mine)
    exchange()
    expect(blocks(a).map((element) => element.length)).toEqual([1])
    expect(['日本Other', 'Other日本']).toContain(shown(mine))
    expect(shown(other)).toBe(shown(mine))
  })

  it('goes with its paragraph when others delete that', () => {
    const { a, exchange, view } = begin()
    typeAt(view, 8, 'に')
    textIn(a).insert(0, 'See: ')
    exchange()
    a.getXmlFragment('default').delete(0, 1)
    exchange()
    expect([view.state.doc.childCount, shown(view)]).toEqual([1, 'And on.'])
    typeAt(view, 1, 'ほ')
    exchange()
    expect(textIn(a).toString()).toBe('ほAnd on.')
  })

  it('never takes a letter of the others with it, whatever both do', async () => {
    let seed = 7
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let round = 0; round < 40; round++) {
      const { a, b, exchange, view } = begin('the 😀 way', 1)
      const theirs: string[] = []
      for (let step = 0; step < 12; step++) {
        const text = textIn(a)
        const words = text.toString()
        const size = view.state.doc.child(0).content.size
        const [from, at] = [random(size + 1), random(words.length + 1)]
        const inPair = (string: string, place: number) => string.codePointAt(place - 1)! > 0xffff
        if (random(2) === 0 && !inPair(words, at)) {
          const letter = String.fromCharCode(0x3041 + theirs.length)
          theirs.push(letter)
          text.insert(at, letter)
        } else if (random(3) === 0 && at < words.length && /[a-z]/.test(words[at]!)) text.delete(at, 1)
        if (random(2) === 0) exchange()
        const to = Math.min(size, from + random(3))
        if (!inPair(shown(view), from) && !inPair(shown(view), to)) view.dispatch(view.state.tr.insertText('日'.repeat(random(3)), 1 + from, 1 + to))
        if (random(2) === 0) exchange()
      }
      exchange()
      const written = [...textIn(b).toString()]
      const composed = [...shown(view)]
      expect(written.filter((letter) => theirs.includes(letter)).sort()).toEqual(theirs)
      expect(written.filter((letter) => letter === '日')).toEqual(composed.filter((letter) => letter === '日'))
      const left = written.filter((letter) => !theirs.includes(letter))
      for (const letter of composed) if (left[0] === letter) left.shift()
      expect(left).toEqual([])
      await settled(view)
      exchange()
      expect(shown(view)).toBe(textIn(b).toString())
      expect(textIn(a).toString()).toBe(textIn(b).toString())
      expect(textIn(a).toString()).not.toContain('\ufffd')
      view.destroy()
    }
  })
})

describe('what this page does not know', () => {
  const strange = (doc: Y.Doc) => {
    plain(doc)
    addBlock(doc, 'codeBlock', { id: 'p3', label: '3', language: 'x' }, ['let it be'])
    const nested = addBlock(doc, 'paragraph', { id: 'p4', label: '4' }, ['with a picture '])
    nested.push([new Y.XmlElement('image')])
    doc.getXmlFragment('default').push([new Y.XmlText('bare words')])
    addBlock(doc, 'paragraph', { id: 'p5', label: '5', textAlign: 'right', formerly: 27 }, [
      'a ',
      { insert: 'marked', attributes: { highlight: { color: 'red' }, 'comment--AbCdEf12': { n: 1 } } },
      ' word',
    ])
  }

  it('is shown, and survives edits before, after and around it in one step', () => {
    const doc = new Y.Doc()
    strange(doc)
    const kept = blocks(doc).slice(3, 6)
    const before = kept.map((type) => type.toString())
    const view = open(doc)
    expect(view.dom.textContent).toContain('let it be')
    expect(view.dom.textContent).toContain('bare words')
    view.dispatch(view.state.tr.insertText('X', view.state.doc.content.size - 1).insertText('Y', startOf(view, 1)))
    const { tr } = view.state
    view.dispatch(tr.setSelection(TextSelection.create(tr.doc, 1, tr.doc.content.size - 1)))
    toggleMark(schema.marks.strong!)(view.state, view.dispatch)
    expect(blocks(doc).slice(3, 6)).toEqual(kept)
    expect(kept.map((type) => type.toString())).toEqual(before)
  })

  it('survives what others write into it', () => {
    const { a, b, exchange } = twoCopies(strange)
    const view = open(b)
    ;(blocks(a)[3]!.get(0) as Y.XmlText).insert(0, 'Please ')
    exchange()
    expect(view.dom.textContent).toContain('Please let it be')
    typeAt(view, startOf(view, 2), 'Z')
    exchange()
    expect(a.getXmlFragment('default').toString()).toBe(b.getXmlFragment('default').toString())
    expect(blocks(a).map((el) => el.nodeName)).toContain('codeBlock')
  })

  it('is deleted only when a person selects and deletes it', () => {
    const doc = new Y.Doc()
    strange(doc)
    const view = open(doc)
    const at = startOf(view, 3) - 1
    view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, at)).deleteSelection())
    expect(blocks(doc).map((el) => el.nodeName)).not.toContain('codeBlock')
    expect(doc.getXmlFragment('default').toString()).toContain('image')
    undo(view.state)
    expect(doc.getXmlFragment('default').toString()).toContain('let it be')
  })

  it('keeps unknown marks and attributes when its text is edited', () => {
    const doc = new Y.Doc()
    strange(doc)
    const view = open(doc)
    const last = view.state.doc.childCount - 1
    typeAt(view, startOf(view, last), 'Just ')
    const element = blocks(doc).at(-1)!
    expect(element.getAttributes()).toMatchObject({ textAlign: 'right', formerly: 27, label: '5' })
    expect((element.get(0) as Y.XmlText).toDelta()).toEqual([
      { insert: 'Just a ' },
      { insert: 'marked', attributes: { highlight: { color: 'red' }, 'comment--AbCdEf12': { n: 1 } } },
      { insert: ' word' },
    ])
  })
})

describe('a reader’s copy', () => {
  it('writes nothing, whatever happens in its editor', () => {
    const { a, b, exchange } = twoCopies(plain)
    const view = open(b, false)
    let written = 0
    b.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin !== 'far') written++
    })
    caret(view, 3)
    a.getXmlFragment('default').delete(0, 3)
    exchange()
    caret(view, 1)
    typeAt(view, 1, 'mine')
    expect(written).toBe(0)
    expect(b.getXmlFragment('default').length).toBe(0)
  })
})

it('an empty chapter stays empty until somebody writes, and its first paragraph has an id', () => {
  const doc = new Y.Doc()
  const view = open(doc)
  caret(view, 1)
  expect(blocks(doc)).toHaveLength(0)
  typeAt(view, 1, 'First')
  expect(blocks(doc)).toHaveLength(1)
  expect(blocks(doc)[0]!.getAttribute('id')).toMatch(/^p-/)
  expect(summary(doc)).toEqual([['', 'First']])
})
