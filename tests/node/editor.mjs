// A delegate at a real editor: ProseMirror with y-prosemirror on yjs 13 and y-websocket. Driven by JSON lines:
//   {run, url, chapter, token} opens it      {run, act, …} does something, as in `acts`      {run} does nothing
// Each is answered by {run, text: [the paragraphs]}. A place is where the words `after` end for the first time, and a
// range is where the words `over` stand.
import './dom.mjs'
import readline from 'node:readline'
import { joinBackward } from 'prosemirror-commands'
import { Schema } from 'prosemirror-model'
import { schema as basic } from 'prosemirror-schema-basic'
import { EditorState, TextSelection } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import WebSocket from 'ws'
import { undo, ySyncPlugin, yUndoPlugin, yUndoPluginKey } from 'y-prosemirror'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const named = { id: { default: null }, label: { default: null } }
const nodes = ['paragraph', 'heading'].reduce((nodes, name) => {
  const spec = nodes.get(name)
  return nodes.update(name, { ...spec, attrs: { ...spec.attrs, ...named } })
}, basic.spec.nodes)
const schema = new Schema({ nodes, marks: basic.spec.marks })

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

class Editor {
  async open({ url, chapter, token }) {
    this.doc = new Y.Doc()
    this.provider = new WebsocketProvider(url, chapter, this.doc, {
      params: { token }, WebSocketPolyfill: WebSocket, disableBc: true,
    })
    while (!this.provider.synced) await pause(5)
    const plugins = [ySyncPlugin(this.doc.getXmlFragment('default')), yUndoPlugin()]
    const place = document.body.appendChild(document.createElement('div'))
    this.view = new EditorView(place, { state: EditorState.create({ schema, plugins }) })
    await pause(5) // y-prosemirror shows the text a moment later
  }

  text() {
    return this.view.state.doc.content.content.map((node) => node.textContent)
  }

  // From where to where these words stand.
  find(words) {
    let found = null
    this.view.state.doc.descendants((node, pos) => {
      const at = node.isTextblock ? node.textContent.indexOf(words) : -1
      if (at >= 0 && !found) found = [pos + 1 + at, pos + 1 + at + words.length]
    })
    if (!found) throw new Error(`nowhere: ${words}`)
    return found
  }

  select(from, to = from) {
    this.dispatch((tr) => tr.setSelection(TextSelection.create(tr.doc, from, to)))
  }

  dispatch(change) {
    this.view.dispatch(change(this.view.state.tr))
  }

  act(command) {
    yUndoPluginKey.getState(this.view.state).undoManager.stopCapturing()
    acts[command.act](this, command)
  }
}

const acts = {
  type(editor, { after, text }) {
    let [, at] = editor.find(after)
    for (const char of text) {
      editor.dispatch((tr) => tr.insertText(char, at))
      at += char.length
    }
  },

  // Enter.
  split(editor, { after }) {
    const [, at] = editor.find(after)
    editor.dispatch((tr) => tr.split(at))
  },

  // Backspace at the beginning of the paragraph that begins with these words.
  join(editor, { over }) {
    const [from] = editor.find(over)
    editor.select(from)
    joinBackward(editor.view.state, (tr) => editor.view.dispatch(tr))
  },

  cut(editor, { over }) {
    const range = editor.find(over)
    editor.clipboard = editor.view.state.doc.slice(...range)
    editor.dispatch((tr) => tr.delete(...range))
  },

  copy(editor, { over }) {
    editor.clipboard = editor.view.state.doc.slice(...editor.find(over))
  },

  paste(editor, { after }) {
    editor.select(editor.find(after)[1])
    editor.dispatch((tr) => tr.replaceSelection(editor.clipboard))
  },

  erase(editor, { over }) {
    editor.dispatch((tr) => tr.delete(...editor.find(over)))
  },

  bold(editor, { over }) {
    editor.dispatch((tr) => tr.addMark(...editor.find(over), schema.marks.strong.create()))
  },

  // Takes out the whole paragraph.
  remove(editor, { over }) {
    const place = editor.view.state.doc.resolve(editor.find(over)[0])
    editor.dispatch((tr) => tr.delete(place.before(), place.after()))
  },

  undo(editor) {
    undo(editor.view.state)
  },
}

const editors = new Map()

const obey = async (command) => {
  const { run } = command
  if (command.url) {
    const editor = new Editor()
    await editor.open(command)
    editors.set(run, editor)
  } else if (command.act) editors.get(run).act(command)
  return { run, text: editors.get(run).text() }
}

const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n')
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line)
  obey(command).then(answer, (error) => answer({ run: command.run, error: String(error?.stack ?? error) }))
}).on('close', () => process.exit())
