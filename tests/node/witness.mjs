// Innocent people at stock clients (yjs 13, y-websocket) in one chapter. Each holds one paragraph against what was ruled,
// after every update that it is sent. Driven by JSON lines:
//   {run, url, chapter, token, watch}    opens it and notes what the paragraph shows → {run, form}
//   {run, type, into, pause}             types a text at the end of a paragraph, letter by letter → {run, latencies} in ms
//   {run, expect}                        from now on the paragraph must show this form
//   {run, free: true}                    the paragraph is not watched any more
//   {run, look: true}                    → {run, text: [forms], moments: updates seen, faults: [what it showed else]}
//   {run, end: true}
import readline from 'node:readline'
import { performance } from 'node:perf_hooks'
import { isDeepStrictEqual } from 'node:util'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import { form, textOf } from './paragraph-form.mjs'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const FAULTS = 5

class Witness {
  constructor({ url, chapter, token, watch }) {
    Object.assign(this, { watch, moments: 0, faults: [], waiting: null, closes: [] })
    this.doc = new Y.Doc()
    this.root = this.doc.getXmlFragment('default')
    this.provider = new WebsocketProvider(url, chapter, this.doc, {
      params: { token }, WebSocketPolyfill: WebSocket, disableBc: true,
    })
    this.provider.on('connection-close', (event) => event && this.closes.push(event.code))
    this.provider.on('status', ({ status }) => {
      if (status === 'connected') this.provider.ws.addEventListener('message', ({ data }) => this.hear(new Uint8Array(data)))
    })
    this.doc.on('afterTransaction', ({ local }) => local || this.check())
  }

  async synced() {
    while (!this.provider.synced) await pause(2)
    this.ruled = this.shown()
  }

  shown() {
    return this.root.toArray().filter((child) => child.getAttribute?.('id') === this.watch).map(form)
  }

  check() {
    this.moments++
    if (!this.ruled) return
    const shown = this.shown()
    if (!isDeepStrictEqual(shown, this.ruled) && this.faults.length < FAULTS) this.faults.push({ moment: this.moments, shown })
  }

  // An echo is the first update that holds the letter.
  hear(message) {
    const decoder = decoding.createDecoder(message)
    if (!this.waiting || decoding.readVarUint(decoder) !== 0 || decoding.readVarUint(decoder) === 0) return
    const { to } = Y.parseUpdateMeta(decoding.readVarUint8Array(decoder))
    if ((to.get(this.doc.clientID) ?? 0) >= this.waiting.clock) this.waiting.heard(performance.now())
  }

  async type(text, into, wait) {
    const latencies = []
    for (const letter of text) {
      const element = this.root.toArray().find((child) => child.getAttribute?.('id') === into)
      const words = textOf(element)
      const began = performance.now()
      const heard = new Promise((resolve) => {
        this.waiting = { clock: Y.getState(this.doc.store, this.doc.clientID) + 1, heard: resolve }
      })
      words.insert(words.length, letter)
      latencies.push((await heard) - began)
      await pause(wait)
    }
    this.waiting = null
    return latencies
  }
}

const witnesses = new Map()

const obey = async (command) => {
  const { run } = command
  if (command.url) {
    const witness = new Witness(command)
    witnesses.set(run, witness)
    await witness.synced()
    return { run, form: witness.ruled }
  }
  const witness = witnesses.get(run)
  if (command.type) return { run, latencies: await witness.type(command.type, command.into, command.pause ?? 0) }
  if (command.expect) witness.ruled = command.expect
  if (command.free) witness.ruled = null
  if (command.look) {
    const { moments, faults, closes } = witness
    return { run, text: witness.root.toArray().map(form), moments, faults, closes }
  }
  if (command.end) {
    witnesses.delete(run)
    witness.provider.destroy()
    witness.doc.destroy()
  }
  return { run }
}

const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n')
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line)
  obey(command).then(answer, (error) => answer({ run: command.run, error: String(error?.stack ?? error) }))
}).on('close', () => process.exit())
