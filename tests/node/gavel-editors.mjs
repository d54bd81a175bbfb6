// Stock editors for a test that plays the server: ProseMirror states bound to Yjs 13 documents by y-prosemirror.
// In: one JSON line, a list of calls [what, name, …]; out: a list of answers, or {error}. Bytes are in base64.
// An answer has what the editor made meanwhile: `made`, a list of [update, texts of its paragraphs after it].
import readline from 'node:readline'
import * as Y from 'yjs'
import { EditorState, TextSelection } from 'prosemirror-state'
import { Schema, Fragment, Slice } from 'prosemirror-model'
import { canJoin } from 'prosemirror-transform'
import { joinBackward, joinForward, setBlockType, splitBlock } from 'prosemirror-commands'
import { redo, undo, ySyncPlugin, ySyncPluginKey, yUndoPlugin } from 'y-prosemirror'
import { dump } from './traffic-tree.mjs'

const bytes = (text) => Uint8Array.from(Buffer.from(text, 'base64'))
const text = (data) => Buffer.from(data).toString('base64')

const attrs = { id: { default: null }, label: { default: null }, align: { default: null } }
const block = { content: 'text*', group: 'block', attrs }
const schema = new Schema({
  nodes: { doc: { content: 'block+' }, paragraph: block, heading: { ...block, attrs: { ...attrs, level: { default: null } } }, text: {} },
  marks: { strong: {}, em: {} },
})

// What y-prosemirror needs of a view: no test here is about the DOM.
class Page {
  constructor(fragment) {
    const trackedOrigins = new Set([ySyncPluginKey])
    this.undoManager = new Y.UndoManager(fragment, { captureTimeout: 1e9, trackedOrigins, captureTransaction: (tr) => tr.meta.get('addToHistory') !== false })
    this.state = EditorState.create({ schema, plugins: [ySyncPlugin(fragment), yUndoPlugin({ undoManager: this.undoManager })] })
    this.views = []
    this.views = this.state.plugins.map((plugin) => plugin.spec.view?.(this)).filter(Boolean)
  }

  dispatch(tr) {
    const before = this.state
    this.state = this.state.apply(tr)
    for (const view of this.views) view.update?.(this, before)
  }

  hasFocus() {
    return false
  }
}

class Editor {
  constructor(client) {
    this.doc = new Y.Doc()
    this.doc.clientID = client
    this.fragment = this.doc.getXmlFragment('default')
    this.made = []
    this.doc.on('update', (update, origin) => origin === 'server' || this.made.push([text(update), this.texts()]))
  }

  texts() {
    return this.fragment.toArray().map((element) => words(element).map(([char]) => char).join(''))
  }

  // The page is opened when there is a document to show.
  get page() {
    return (this.opened ??= new Page(this.fragment))
  }

  apply(update) {
    Y.applyUpdate(this.doc, update, 'server')
    return this.page && null
  }

  look() {
    const blocks = this.fragment.toArray()
    return {
      tree: dump(this.fragment),
      elements: blocks.map((element) => ({ id: idOf(element._item), attributes: element.getAttributes(), kind: element.nodeName, words: words(element) })),
      shown: this.page.state.doc.children.map((node) => [node.type.name, node.attrs.id, node.textContent]),
      clocks: Object.fromEntries([...Y.decodeStateVector(Y.encodeStateVector(this.doc))].sort()),
      pending: this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null,
    }
  }

  // Editing. Paragraphs are named by their id (and by which of them, if there are more), places by their share of the text.

  edit(what, args) {
    if (!args.grouped) this.page.undoManager.stopCapturing()
    EDITS[what].call(this, args)
    return null
  }

  run(command) {
    command(this.page.state, (tr) => this.page.dispatch(tr))
  }

  get tr() {
    return this.page.state.tr
  }

  find(id) {
    let found = null
    this.page.state.doc.forEach((node, offset, index) => {
      if (node.attrs.id === id && found === null) found = { node, start: offset, inside: offset + 1, end: offset + 1 + node.content.size, index }
    })
    if (found === null) throw new Nothing()
    return found
  }

  spot({ node, inside }, share) {
    return inside + bound(node.textContent, Math.round(share * node.content.size))
  }

  range(place, a, b) {
    const [from, to] = [this.spot(place, Math.min(a, b)), this.spot(place, Math.max(a, b))]
    return [from, to]
  }

  select(from, to = from) {
    this.page.dispatch(this.tr.setSelection(TextSelection.create(this.page.state.doc, from, to)))
  }

  between(index) {
    let at = 0
    for (let i = 0; i < index; i++) at += this.page.state.doc.child(i).nodeSize
    return at
  }
}

class Nothing extends Error {}

const bound = (said, at) => (/[\ud800-\udbff]$/.test(said.slice(0, at)) ? at - 1 : at)
const idOf = (item) => [item.id.client, item.id.clock]

// The letters below an element that are there, each with its id and its formats.
const words = (element) => {
  const out = []
  const walk = (type, formats) => {
    for (let item = type._start; item !== null; item = item.right) {
      const { content } = item
      if (item.deleted) continue
      if (content instanceof Y.ContentFormat) {
        if (content.value === null) delete formats[content.key]
        else formats[content.key] = content.value
      } else if (content instanceof Y.ContentString) {
        let clock = item.id.clock
        for (const char of content.str) {
          out.push([char, [item.id.client, clock], { ...formats }])
          clock += char.length
        }
      } else if (content instanceof Y.ContentType) walk(content.type, {})
    }
  }
  walk(element, {})
  return out
}

const node = (kind, attributes, said) => schema.node(kind, attributes, said ? schema.text(said) : null)

const EDITS = {
  type({ paragraph, at, text }) {
    let spot = this.spot(this.find(paragraph), at)
    for (const char of text) {
      this.page.dispatch(this.tr.insertText(char, spot))
      spot += char.length
    }
  },
  paste({ paragraph, at, text }) {
    this.page.dispatch(this.tr.insertText(text, this.spot(this.find(paragraph), at)))
  },
  replace({ paragraph, a, b, text }) {
    this.page.dispatch(this.tr.insertText(text, ...this.range(this.find(paragraph), a, b)))
  },
  rewrite({ paragraph, text }) {
    const { inside, end } = this.find(paragraph)
    this.page.dispatch(this.tr.insertText(text, inside, end))
  },
  erase({ paragraph, a, b }) {
    const [from, to] = this.range(this.find(paragraph), a, b)
    if (from < to) this.page.dispatch(this.tr.delete(from, to))
  },
  clear({ paragraph }) {
    const { inside, end } = this.find(paragraph)
    if (inside < end) this.page.dispatch(this.tr.delete(inside, end))
  },
  format({ paragraph, a, b, mark, on }) {
    const [from, to] = this.range(this.find(paragraph), a, b)
    if (from < to) this.page.dispatch(on ? this.tr.addMark(from, to, schema.mark(mark)) : this.tr.removeMark(from, to, schema.marks[mark]))
  },
  attribute({ paragraph, name, value }) {
    const { node, start } = this.find(paragraph)
    if (name in node.attrs) this.page.dispatch(this.tr.setNodeMarkup(start, null, { ...node.attrs, [name]: value }))
  },
  drop({ paragraph }) {
    const { node, start } = this.find(paragraph)
    if (this.page.state.doc.childCount > 1) this.page.dispatch(this.tr.delete(start, start + node.nodeSize))
  },
  split({ paragraph, at }) {
    this.select(this.spot(this.find(paragraph), at))
    this.run(splitBlock)
  },
  join({ paragraph, forward }) {
    const place = this.find(paragraph)
    this.select(forward ? place.end : place.inside)
    if (forward) this.run(joinForward)
    else this.run(joinBackward)
  },
  merge({ paragraph }) {
    const { start } = this.find(paragraph)
    if (canJoin(this.page.state.doc, start)) this.page.dispatch(this.tr.join(start))
  },
  move({ paragraph, to }) {
    const { node, start } = this.find(paragraph)
    if (this.page.state.doc.childCount < 2) return
    const tr = this.tr.delete(start, start + node.nodeSize)
    let at = 0
    for (let i = 0; i < Math.round(to * tr.doc.childCount); i++) at += tr.doc.child(i).nodeSize
    this.page.dispatch(tr.insert(at, node))
  },
  across({ paragraph, other, a, b, text }) {
    const ends = [this.spot(this.find(paragraph), a), this.spot(this.find(other), b)].sort((one, two) => one - two)
    this.page.dispatch(text ? this.tr.insertText(text, ...ends) : this.tr.delete(...ends))
  },
  // Several paragraphs from elsewhere, over what is selected.
  pasteOver({ paragraph, other, a, b, texts, id }) {
    const ends = [this.spot(this.find(paragraph), a), this.spot(this.find(other), b)].sort((one, two) => one - two)
    const slice = new Slice(Fragment.fromArray(texts.map((said) => node('paragraph', { id }, said))), 1, 1)
    this.page.dispatch(this.tr.replaceRange(...ends, slice))
  },
  duplicate({ paragraph, to }) {
    const place = this.find(paragraph)
    this.page.dispatch(this.tr.insert(this.between(Math.round(to * this.page.state.doc.childCount)), place.node))
  },
  forge({ paragraph, to, text }) {
    this.page.dispatch(this.tr.insert(this.between(Math.round(to * this.page.state.doc.childCount)), node('paragraph', { id: paragraph, label: '1' }, text)))
  },
  kind({ paragraph, kind, level }) {
    const { inside } = this.find(paragraph)
    this.select(inside)
    this.run(setBlockType(schema.nodes[kind], { ...this.find(paragraph).node.attrs, ...(kind === 'heading' ? { level } : {}) }))
  },
  insert({ paragraph, kind, text, id, level }) {
    const { start, node: beside } = this.find(paragraph)
    this.page.dispatch(this.tr.insert(start + beside.nodeSize, node(kind, { id, ...(kind === 'heading' ? { level } : {}) }, text)))
  },
  undo() {
    undo(this.page.state)
  },
  redo() {
    redo(this.page.state)
  },
}

const editors = new Map()
const CALLS = {
  reset: () => editors.clear() ?? null,
  open: (name, client) => void editors.set(name, new Editor(client)) ?? null,
  apply: (name, update) => editors.get(name).apply(bytes(update)),
  vector: (name) => text(Y.encodeStateVector(editors.get(name).doc)),
  missing: (name, vector) => text(Y.encodeStateAsUpdate(editors.get(name).doc, bytes(vector))),
  look: (name) => editors.get(name).look(),
  edit: (name, what, args) => editors.get(name).edit(what, args),
}

const answer = ([what, name, ...args]) => {
  let value
  try {
    value = CALLS[what](name, ...args)
  } catch (error) {
    if (!(error instanceof Nothing)) throw error
    value = 'nothing'
  }
  const editor = editors.get(name)
  return { value, made: editor?.made.splice(0) ?? [] }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answers
  try {
    answers = JSON.parse(line).map(answer)
  } catch (error) {
    answers = { error: String(error?.stack ?? error) }
  }
  process.stdout.write(JSON.stringify(answers) + '\n')
}
