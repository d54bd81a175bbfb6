// @vitest-environment jsdom
import { EditorState } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { afterEach, beforeEach, expect, it } from 'vitest'
import * as Y from 'yjs'
import { paintPlugin } from '../src/authorship/paint'
import { Painter } from '../src/authorship/painter'
import { Authorship } from '../src/authorship/record'
import { syncPlugin } from '../src/editor/binding'
import { schema } from '../src/editor/schema'

const me = { id: 'japan', name: 'Haruka', delegation: 'japan', delegation_name: 'Japan', group: 'government', role: 'delegate' }
const egypt = { participant: 'egypt', name: 'Nadia', delegation: 'egypt', delegation_name: 'Egypt', group: 'government', number: 4, color: '#3534a0' }

let doc: Y.Doc
let others: Y.Doc
let view: EditorView
let painter: Painter
let painted = 0

/** Egypt changes its copy; Japan's hears of it at once, with whose it is. */
function egyptWrites(change: (fragment: Y.XmlFragment) => void): void {
  others.transact(() => change(others.getXmlFragment('default')))
  const authorship = others.getMap('authorship')
  if (!authorship.has(`${others.clientID}:0`)) authorship.set(`${others.clientID}:0`, 'egypt')
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(others, Y.encodeStateVector(doc)), 'server')
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
const coloured = () => [...view.dom.querySelectorAll<HTMLElement>('.by')].map((span) => [span.dataset.by, span.textContent])
const textOf = (fragment: Y.XmlFragment, index: number) => (fragment.get(index) as Y.XmlElement).get(0) as Y.XmlText

beforeEach(() => {
  doc = new Y.Doc()
  others = new Y.Doc()
  others.getMap('authors').set('egypt', egypt)
  egyptWrites((fragment) => {
    for (const words of ['First.', 'Second.', 'Third.']) {
      const element = new Y.XmlElement('paragraph')
      element.setAttribute('id', words)
      element.insert(0, [new Y.XmlText(words)])
      fragment.push([element])
    }
  })
  const fragment = doc.getXmlFragment('default')
  view = new EditorView(document.body.appendChild(document.createElement('div')), {
    state: EditorState.create({ schema, plugins: [syncPlugin(fragment), paintPlugin()] }),
  })
  const authorship = new Authorship(doc, me, () => false)
  authorship.follow()
  painted = 0
  painter = new Painter(view, fragment, authorship, () => painted++)
})

afterEach(() => {
  painter.destroy()
  view.destroy()
})

it('colours nothing, and works nothing out, while the text is plain', async () => {
  egyptWrites((fragment) => textOf(fragment, 0).insert(0, 'Very '))
  await frame()
  expect(coloured()).toEqual([])
  expect(painted).toBe(0)
})

it('colours every paragraph, and takes the colours away again', async () => {
  painter.show('delegation')
  await frame()
  expect(coloured()).toEqual([['egypt', 'First.'], ['egypt', 'Second.'], ['egypt', 'Third.']])
  const span = view.dom.querySelector<HTMLElement>('.by')!
  expect(span.className).toContain('pattern-4')
  expect(span.style.getPropertyValue('--by')).toBe('#3534a0')
  expect(span.getAttribute('aria-description')).toContain('Egypt')
  painter.show('group')
  await frame()
  expect(view.dom.querySelectorAll('.by-group-0')).toHaveLength(3)
  painter.show(null)
  expect(coloured()).toEqual([])
})

it('leaves paragraphs alone in which nothing changed, and works once for each picture', async () => {
  painter.show('delegation')
  await frame()
  const before = [...view.dom.children].map((block) => block.querySelector('.by'))
  painted = 0
  for (const letter of 'many letters') egyptWrites((fragment) => textOf(fragment, 1).insert(0, letter))
  await frame()
  expect(painted).toBe(1)
  const after = [...view.dom.children].map((block) => block.querySelector('.by'))
  expect([after[0], after[2]]).toEqual([before[0], before[2]])
  expect(after[0]).toBe(before[0])
  expect(coloured()[1]).toEqual(['egypt', 'srettel ynamSecond.'])
})

it('colours one’s own words within those of another', async () => {
  painter.show('delegation')
  await frame()
  view.dispatch(view.state.tr.insertText('X', 3))
  await frame()
  expect(coloured().slice(0, 3)).toEqual([['egypt', 'Fi'], ['japan', 'X'], ['egypt', 'rst.']])
})

it('follows paragraphs that come and go', async () => {
  painter.show('delegation')
  await frame()
  egyptWrites((fragment) => {
    const element = new Y.XmlElement('paragraph')
    element.insert(0, [new Y.XmlText('Before all.')])
    fragment.insert(0, [element])
    fragment.delete(2, 1)
  })
  await frame()
  expect(coloured()).toEqual([['egypt', 'Before all.'], ['egypt', 'First.'], ['egypt', 'Third.']])
})
