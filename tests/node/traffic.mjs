// Plays real editors (ProseMirror with y-prosemirror, each with a Yjs document of its own) that write one chapter, and
// prints what a server would see: a JSON line {author, update, changed} for each update in order of arrival, and at last
// {final}. `changed` has the ids of the children of the root that read differently after the update.
//
// node traffic.mjs SEED STEPS
import './dom.mjs'
import * as Y from 'yjs'
import { EditorState, TextSelection } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { Schema, Fragment, Slice } from 'prosemirror-model'
import { canSplit, canJoin } from 'prosemirror-transform'
import { schema as basic } from 'prosemirror-schema-basic'
import { addListNodes, liftListItem, sinkListItem, splitListItem, wrapInList } from 'prosemirror-schema-list'
import { joinBackward, joinForward, setBlockType } from 'prosemirror-commands'
import { ySyncPlugin, yUndoPlugin, undo, redo } from 'y-prosemirror'
import { dump } from './traffic-tree.mjs'

const [seed, steps] = process.argv.slice(2).map(Number)

// Chance, from the seed alone (mulberry32).
let state = seed >>> 0
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const below = (n) => Math.floor(random() * n)
const pick = (list) => list[below(list.length)]
const chance = (p) => random() < p

const named = { id: { default: null }, label: { default: null }, dir: { default: null } }
let nodes = addListNodes(basic.spec.nodes, 'paragraph block*', 'block')
for (const name of ['paragraph', 'heading']) {
  const spec = nodes.get(name)
  nodes = nodes.update(name, { ...spec, attrs: { ...spec.attrs, ...named } })
}
const schema = new Schema({ nodes, marks: basic.spec.marks })

const WORDS = ['word', 'and ', 'naïve', 'e\u0301', 'السلام ', 'مرحبا', '😀', '😃', '👩‍👩‍👧', 'x', '[', ']', ' ', '한국', '\u200f']

// What a server does, as far as the editors can tell: it keeps and hands on every update.
class Server {
  constructor() {
    this.doc = new Y.Doc({ gc: false })
    this.fragment = this.doc.getXmlFragment('default')
    this.before = this.look()
  }

  look() {
    const seen = new Map()
    for (let item = this.fragment._first; item !== null; item = item.next) {
      seen.set(`${item.id.client},${item.id.clock}`, JSON.stringify(dump(item.content.type)))
    }
    return seen
  }

  take(from, update) {
    Y.applyUpdate(this.doc, update)
    const now = this.look()
    const ids = new Set([...this.before.keys(), ...now.keys()])
    const changed = [...ids].filter((id) => this.before.get(id) !== now.get(id))
    this.before = now
    const line = { author: from.author, update: Buffer.from(update).toString('hex'), changed: changed.map((id) => id.split(',').map(Number)) }
    process.stdout.write(JSON.stringify(line) + '\n')
    for (const editor of editors) if (editor !== from && editor.online) editor.inbox.push(update)
  }
}

let nextClient = 1000 + seed * 1000
const tick = () => new Promise((resolve) => setTimeout(resolve, 1))

class Editor {
  constructor(author) {
    this.author = author
    this.online = false
    this.sent = []
  }

  // A new visit: a new client id, and what the browser's storage holds.
  async open(stored) {
    this.doc = new Y.Doc()
    this.doc.clientID = nextClient += 1 + below(5)
    this.fragment = this.doc.getXmlFragment('default')
    if (stored) Y.applyUpdate(this.doc, stored, 'storage')
    this.inbox = []
    this.doc.on('update', (update, origin) => this.changed(update, origin))
    this.view = new EditorView(document.body.appendChild(document.createElement('div')), {
      state: EditorState.create({ schema, plugins: [ySyncPlugin(this.fragment), yUndoPlugin()] }),
    })
    await tick()
  }

  async reopen() {
    const stored = Y.encodeStateAsUpdate(this.doc)
    this.close()
    await this.open(stored)
  }

  close() {
    this.online = false
    this.view.destroy()
    this.doc.destroy()
  }

  changed(update, origin) {
    if (origin === 'server' || origin === 'storage') return
    if (this.online) this.send(update)
    if (this.twin && origin !== 'twin') Y.applyUpdate(this.twin.doc, update, 'twin')
  }

  send(update) {
    this.sent.push(update)
    this.server.take(this, update)
    if (chance(0.03)) this.server.take(this, pick(this.sent))
  }

  // As y-websocket does it: both sides say what they have, and answer with what the other lacks.
  connect(server) {
    this.server = server
    this.online = true
    this.inbox = []
    const known = chance(0.8) ? Y.encodeStateVector(server.doc) : undefined
    const answer = Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(this.doc))
    this.send(Y.encodeStateAsUpdate(this.doc, known))
    Y.applyUpdate(this.doc, answer, 'server')
  }

  disconnect() {
    this.online = false
  }

  receive(count) {
    for (const update of this.inbox.splice(0, count)) Y.applyUpdate(this.doc, update, 'server')
  }

  // Editing

  edit() {
    const act = pick([
      this.type, this.type, this.type, this.type, this.type, this.swap, this.erase, this.erase, this.split, this.join,
      this.cut, this.paste, this.paste, this.mark, this.mark, this.attribute, this.undo, this.undo, this.redo, this.list,
      this.block, this.rub, this.replace,
    ])
    act.call(this)
  }

  dispatch(tr) {
    this.view.dispatch(tr)
  }

  spot() {
    const spots = []
    this.view.state.doc.descendants((node, pos) => {
      if (node.isTextblock) spots.push([pos + 1, node])
    })
    if (!spots.length) return null
    const [start, node] = pick(spots)
    const inside = this.bound(start + below(node.content.size + 1))
    return { start, node, at: inside, end: start + node.content.size }
  }

  // A caret never stands inside a surrogate pair.
  bound(pos) {
    const before = this.view.state.doc.resolve(pos).parent.textBetween(0, this.view.state.doc.resolve(pos).parentOffset, '', ' ')
    return /[\ud800-\udbff]$/.test(before) ? pos - 1 : pos
  }

  select(from, to = from) {
    this.dispatch(this.view.state.tr.setSelection(TextSelection.create(this.view.state.doc, from, to)))
  }

  type() {
    const spot = this.spot()
    if (!spot) return
    let at = spot.at
    for (const char of pick(WORDS)) {
      this.dispatch(this.view.state.tr.insertText(char, at))
      at += char.length
    }
  }

  // 😀 becomes 😃: their first halves are the same.
  swap() {
    const spot = this.spot()
    const found = spot ? spot.node.textBetween(0, spot.node.content.size, '', ' ').search(/😀|😃/) : -1
    if (found < 0) return
    const now = this.view.state.doc.textBetween(spot.start + found, spot.start + found + 2)
    this.dispatch(this.view.state.tr.insertText(now === '😀' ? '😃' : '😀', spot.start + found, spot.start + found + 2))
  }

  erase() {
    const spot = this.spot()
    if (!spot) return
    const to = this.bound(Math.min(spot.end, spot.at + 1 + below(6)))
    if (to > spot.at) this.dispatch(this.view.state.tr.delete(spot.at, to))
  }

  replace() {
    const spot = this.spot()
    if (!spot) return
    const to = this.bound(Math.min(spot.end, spot.at + 1 + below(6)))
    if (to > spot.at) this.dispatch(this.view.state.tr.insertText(pick(WORDS), spot.at, to))
  }

  split() {
    const spot = this.spot()
    if (!spot) return
    this.select(spot.at)
    if (chance(0.5) && splitListItem(schema.nodes.list_item)(this.view.state, (tr) => this.dispatch(tr))) return
    if (canSplit(this.view.state.doc, spot.at)) this.dispatch(this.view.state.tr.split(spot.at))
  }

  join() {
    const spot = this.spot()
    if (!spot) return
    this.select(spot.start)
    const command = chance(0.7) ? joinBackward : joinForward
    if (command === joinForward) this.select(spot.end)
    if (command(this.view.state, (tr) => this.dispatch(tr))) return
    const before = spot.start - 1
    if (canJoin(this.view.state.doc, before)) this.dispatch(this.view.state.tr.join(before))
  }

  range() {
    const one = this.spot()
    const other = chance(0.5) ? one : this.spot()
    if (!one || !other) return null
    const far = other === one ? this.bound(Math.min(one.end, one.at + below(12))) : other.at
    return [Math.min(one.at, far), Math.max(one.at, far)]
  }

  cut() {
    const range = this.range()
    if (!range || range[0] === range[1]) return
    this.clipboard = this.view.state.doc.slice(...range)
    this.select(...range)
    this.dispatch(this.view.state.tr.deleteSelection())
  }

  paste() {
    const spot = this.spot()
    if (!spot) return
    this.select(spot.at)
    const slice = this.clipboard ?? new Slice(Fragment.from(schema.text(pick(WORDS))), 0, 0)
    this.dispatch(this.view.state.tr.replaceSelection(slice))
  }

  mark() {
    const range = this.range()
    if (!range || range[0] === range[1]) return
    const type = pick([schema.marks.strong, schema.marks.em, schema.marks.link])
    const mark = type.create(type === schema.marks.link ? { href: 'https://example.org/é', title: null } : null)
    this.dispatch(chance(0.65) ? this.view.state.tr.addMark(...range, mark) : this.view.state.tr.removeMark(...range, type))
  }

  attribute() {
    const spot = this.spot()
    if (!spot || !('label' in spot.node.attrs)) return
    const [name, value] = pick([['label', `${below(40)} bis`], ['label', null], ['id', `p-${below(1000)}`], ['dir', 'rtl']])
    this.dispatch(this.view.state.tr.setNodeMarkup(spot.start - 1, null, { ...spot.node.attrs, [name]: value }, spot.node.marks))
  }

  undo() {
    undo(this.view.state)
  }

  redo() {
    redo(this.view.state)
  }

  list() {
    const range = this.range()
    if (!range) return
    this.select(...range)
    const { bullet_list: bullet, ordered_list: ordered, list_item: item } = schema.nodes
    pick([wrapInList(bullet), wrapInList(ordered), liftListItem(item), sinkListItem(item)])(this.view.state, (tr) => this.dispatch(tr))
  }

  block() {
    const spot = this.spot()
    if (!spot) return
    this.select(spot.at)
    const command = chance(0.5) ? setBlockType(schema.nodes.heading, { level: 1 + below(3) }) : setBlockType(schema.nodes.paragraph)
    command(this.view.state, (tr) => this.dispatch(tr))
  }

  // Takes out a whole block, or moves it elsewhere.
  rub() {
    const { doc } = this.view.state
    if (doc.childCount < 3) return
    const index = below(doc.childCount)
    let at = 0
    for (let i = 0; i < index; i++) at += doc.child(i).nodeSize
    const node = doc.child(index)
    const tr = this.view.state.tr.delete(at, at + node.nodeSize)
    if (chance(0.6)) tr.insert(pick([0, tr.doc.content.size]), node)
    this.dispatch(tr)
  }
}

const editors = ['egypt', 'ifip', 'acme', 'chair'].map((author) => new Editor(author))
const server = new Server()
for (const editor of editors) {
  await editor.open()
  editor.connect(server)
}
editors[0].dispatch(
  editors[0].view.state.tr.replaceWith(
    0,
    editors[0].view.state.doc.content.size,
    ['First paragraph.', 'Second 😀 paragraph', 'Third'].map((text, i) => schema.node('paragraph', { id: `p-${i}`, label: `${i + 1}` }, schema.text(text))),
  ),
)
for (const editor of editors) editor.receive(Infinity)

const twins = (one, other) => {
  one.twin = other
  other.twin = one
  Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(one.doc, Y.encodeStateVector(other.doc)), 'twin')
  Y.applyUpdate(one.doc, Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(one.doc)), 'twin')
}

for (let step = 0; step < steps; step++) {
  const editor = pick(editors)
  if (editor.online) editor.receive(below(5) === 0 || editor.twin ? Infinity : below(3))
  editor.edit()
  const tabs = [editor, editor.twin].filter(Boolean)
  if (editor.online && chance(0.03)) tabs.forEach((tab) => tab.disconnect())
  else if (!editor.online && chance(0.08)) tabs.forEach((tab) => tab.connect(server))
  if (chance(0.01) && !editor.twin) {
    await editor.reopen()
    if (chance(0.5)) editor.connect(server)
  }
  // Two tabs of one author hand each other their edits, and lose and find the server together.
  if (step === Math.floor(steps / 2)) {
    const tab = new Editor(editors[0].author)
    await tab.open()
    editors.push(tab)
    if (!editors[0].online) editors[0].connect(server)
    tab.connect(server)
    twins(editors[0], tab)
  }
}

for (const editor of editors) if (!editor.online) editor.connect(server)
for (let round = 0; round < 5; round++) {
  await tick()
  for (const editor of editors) editor.receive(Infinity)
}
const final = editors.map((editor) => JSON.stringify(dump(editor.fragment)))
const same = final.every((one) => one === final[0]) && final[0] === JSON.stringify(dump(server.fragment))
process.stdout.write(JSON.stringify({ final: JSON.parse(final[0]), same }) + '\n', () => process.exit(0))
