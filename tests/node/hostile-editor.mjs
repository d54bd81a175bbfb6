// A client that does in one paragraph what it may not, as fast as it can, on yjs 13. Driven by JSON lines:
//   {run, url, chapter, token, client?}       a document and its connection → {run, client}
//   {run, attack, paragraph, times, pause?}   does one of `attacks`, until it is closed at the latest → {run, sent, closed}
//   {run, send: [updates in hex], answer?}    sends them as they are, as answers to step 1 if asked to
//   {run, connect: true}                      comes back with the same document
//   {run, leave: true}                        closes its connection
//   {run, undo: n} {run, redo: n}             its own steps
//   {run, load: updates in hex}               takes them into its document, and so sends them
//   {run, write: root, key, value}            sets a value in a map; without a value, deletes it
//   {run, recorded: true}                     → {run, updates: all that it has made, in hex, state: its whole document}
//   {run, settle: true}                       waits until the server has taken all that was sent → {run, text, closed}
import readline from 'node:readline'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import WebSocket from 'ws'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'
import { form, plainOf, textOf } from './paragraph-form.mjs'

const MARK = 'MINE '
const BUFFER = 2 ** 16
const PATIENCE = 20_000 // ms
const hex = (bytes) => Buffer.from(bytes).toString('hex')
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'))
const pause = (ms) => new Promise((resolve) => (ms ? setTimeout(resolve, ms) : setImmediate(resolve)))
const below = (n) => Math.floor(Math.random() * n)

// A range of whole characters, in UTF-16 units: where it begins, and how long the character there is.
const charOf = (text) => {
  const chars = [...plainOf(text)]
  const index = below(chars.length)
  return { at: chars.slice(0, index).join('').length, length: chars[index].length }
}

// Four of the first characters, none of them cut in two: who does that is refused, not undone.
const startOf = (text) => {
  const chars = [...plainOf(text)]
  const index = below(4)
  return { at: chars.slice(0, index).join('').length, length: chars.slice(index, index + 4).join('').length }
}

const copyOf = (element, words) => {
  const copy = new Y.XmlElement(element.nodeName)
  for (const [name, value] of Object.entries(element.getAttributes())) copy.setAttribute(name, value)
  copy.insert(0, [new Y.XmlText(words)])
  return copy
}

// Each gets the root, the paragraph, its place, its text, and the number of the attempt.
const attacks = {
  rewrite: ({ text }) => {
    text.delete(0, text.length)
    text.insert(0, MARK)
  },
  letter: ({ text }) => text.insert(charOf(text).at, 'x'),
  emoji: ({ text }) => text.insert(charOf(text).at, '😀'),
  erase: ({ text }) => {
    const { at, length } = charOf(text)
    text.delete(at, length)
  },
  clear: ({ text }) => text.delete(0, text.length),
  remove: ({ root, at }) => root.delete(at, 1),
  replace: ({ root, at, element }) => {
    const copy = copyOf(element, MARK)
    root.delete(at, 1)
    root.insert(at, [copy])
  },
  bold: ({ text, number }) => {
    const { at, length } = startOf(text)
    text.format(at, length, { strong: number % 3 ? {} : null })
  },
  attributes: ({ element, number }) => {
    element.setAttribute(['label', 'align', 'level', 'style'][number % 4], `${MARK}${number}`)
    if (number % 5 === 0) element.removeAttribute('label')
  },
  rename: ({ element, number }) => element.setAttribute('id', `p-stolen-${number}`),
  nameless: ({ element }) => element.removeAttribute('id'),
  double: ({ root, at, element }) => root.insert(at + 1, [copyOf(element, MARK)]),
  nest: ({ element, number }) => {
    const inner = number % 2 ? new Y.XmlText(MARK) : copyOf(element, MARK)
    element.insert(below(element.length + 1), [inner])
  },
  split: ({ root, at, element, text }) => {
    const words = plainOf(text)
    const cut = charOf(text).at
    text.delete(cut, words.length - cut)
    root.insert(at + 1, [copyOf(element, words.slice(cut))])
  },
  // As joining with the paragraph before does it, here the one behind.
  join: ({ root, at, text }) => {
    textOf(root.get(at + 1))?.insert(0, plainOf(text))
    root.delete(at, 1)
  },
  // A forbidden word, and in the same step a lawful one in the paragraph behind.
  mixed: ({ root, at, text, number }) => {
    text.insert(0, MARK)
    textOf(root.get(at + 1))?.insert(0, `[lawful ${number}]`)
  },
}

class Intruder {
  constructor({ url, chapter, token, client }) {
    Object.assign(this, { address: `${url}/${chapter}?token=${token}`, client, updates: [], closed: null })
    this.doc = new Y.Doc()
    this.root = this.doc.getXmlFragment('default')
    this.undoing = new Y.UndoManager(this.root, { captureTimeout: 0 })
    this.doc.on('update', (update, origin) => {
      if (origin === this) return
      this.updates.push(update)
      this.send((encoder) => sync.writeUpdate(encoder, update))
    })
  }

  async connect() {
    Object.assign(this, { closed: null, reason: '', answers: 0 })
    this.socket = new WebSocket(this.address, { perMessageDeflate: false })
    this.socket.binaryType = 'arraybuffer'
    this.socket.on('message', (data) => this.hear(new Uint8Array(data)))
    this.socket.on('error', () => {})
    this.socket.on('close', (code, reason) => Object.assign(this, { closed: code, reason: String(reason) }))
    await new Promise((resolve) => {
      this.socket.once('open', resolve)
      this.socket.once('close', resolve)
    })
    await this.settled()
    if (this.client) this.doc.clientID = this.client // what it heard from the client of this id has made Yjs take another
  }

  hear(message) {
    const decoder = decoding.createDecoder(message)
    if (decoding.readVarUint(decoder) !== 0) return
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 0)
    if (sync.readSyncMessage(decoder, encoder, this.doc, this) === sync.messageYjsSyncStep2) this.answers++
    if (encoding.length(encoder) > 1) this.socket.send(encoding.toUint8Array(encoder))
  }

  send(write) {
    if (this.socket?.readyState !== WebSocket.OPEN) return
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 0)
    write(encoder)
    this.socket.send(encoding.toUint8Array(encoder))
  }

  async settled() {
    const before = this.answers
    this.send((encoder) => sync.writeSyncStep1(encoder, new Y.Doc()))
    while (this.answers === before && this.closed === null) await pause(2)
  }

  find(paragraph) {
    const at = this.root.toArray().findIndex((child) => child.getAttribute?.('id') === paragraph)
    const element = at < 0 ? undefined : this.root.get(at)
    return { root: this.root, at, element, text: element && textOf(element) }
  }

  // Whatever it finds of the paragraph; what was taken from it comes back when the server's answer does.
  async attack({ attack, paragraph, times, pause: wait = 0 }) {
    let sent = 0
    const began = performance.now()
    let seen = began
    for (let number = 0; sent < times && this.closed === null; number++) {
      const found = this.find(paragraph)
      if (found.text?.length > 1) {
        const kind = attack === 'any' ? Object.keys(attacks)[below(Object.keys(attacks).length)] : attack
        this.doc.transact(() => attacks[kind]({ ...found, number }))
        sent++
        seen = performance.now()
      } else if (performance.now() - seen > PATIENCE) throw new Error(`nothing is left of ${paragraph}`)
      else await pause(1)
      await pause(wait)
      while ((this.socket.bufferedAmount > BUFFER || this.socket.readyState === WebSocket.CLOSING) && this.closed === null)
        await pause(1) // there is no room for more, and a program that only spins would slow the whole machine down
    }
    return { sent, closed: this.closed, reason: this.reason, seconds: (performance.now() - began) / 1000 }
  }
}

const intruders = new Map()

const acts = {
  async attack(intruder, command) {
    return intruder.attack(command)
  },
  async send(intruder, { send, answer = false }) {
    const write = answer ? sync.messageYjsSyncStep2 : sync.messageYjsUpdate
    for (const update of send) {
      intruder.send((encoder) => {
        encoding.writeVarUint(encoder, write)
        encoding.writeVarUint8Array(encoder, bytes(update))
      })
      while (intruder.socket.bufferedAmount > BUFFER && intruder.closed === null) await pause(1)
    }
  },
  async connect(intruder) {
    await intruder.connect()
  },
  async leave(intruder) {
    intruder.socket.close()
    while (intruder.closed === null) await pause(2)
  },
  async undo(intruder, { undo }) {
    for (let step = 0; step < undo; step++) intruder.undoing.undo()
  },
  async redo(intruder, { redo }) {
    for (let step = 0; step < redo; step++) intruder.undoing.redo()
  },
  async load(intruder, { load }) {
    for (const update of load) Y.applyUpdate(intruder.doc, bytes(update))
  },
  async write(intruder, { write, key, value }) {
    const map = intruder.doc.getMap(write)
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  },
  async recorded(intruder) {
    return { updates: intruder.updates.map(hex), state: hex(Y.encodeStateAsUpdate(intruder.doc)) }
  },
  async settle(intruder) {
    await intruder.settled()
    return { text: intruder.root.toArray().map(form), closed: intruder.closed, reason: intruder.reason }
  },
}

const obey = async (command) => {
  const { run } = command
  if (command.url) {
    const intruder = new Intruder(command)
    intruders.set(run, intruder)
    await intruder.connect()
    return { run, client: intruder.doc.clientID, closed: intruder.closed }
  }
  const act = Object.keys(acts).find((name) => command[name] !== undefined)
  const result = await acts[act](intruders.get(run), command)
  return { run, ...result }
}

const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n')
console.log = console.warn = console.error = () => {} // Yjs says there what it thinks of forged ids
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line)
  obey(command).then(answer, (error) => answer({ run: command.run, error: String(error?.stack ?? error) }))
}).on('close', () => process.exit())
