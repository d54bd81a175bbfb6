// A stock client under chance: it edits one chapter, pauses, disconnects, loses its socket and comes back. The library
// (its document, its provider, how it edits) is given. Driven by JSON lines:
//   {run, url, chapter, token, seed, edits} → {run, done: {edits, disconnects, kills}}
//   {run, dump: true} → {run, dump, synced}      {run, end: true} → {run, ended: true}
import readline from 'node:readline'
import WebSocket from 'ws'

// Chance, from the seed alone.
const chanceOf = (seed) => {
  let state = (Math.imul(seed + 1, 2654435761) ^ 0x5bd1e995) >>> 0
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
  const below = (n) => Math.floor(random() * n)
  return { random, below, pick: (list) => list[below(list.length)] }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export const WORDS = ['word ', 'and ', 'naïve ', '😀', 'مرحبا ', '한국', '[', '] ', 'e\u0301', 'x']

// Where a text may be cut: between whole characters. `at` and `length` in UTF-16 units, as the libraries count.
export const span = (chance, plain, most) => {
  const chars = [...plain]
  const from = chance.below(chars.length + 1)
  const taken = chars.slice(from, from + 1 + chance.below(most)).join('')
  return { at: chars.slice(0, from).join('').length, length: taken.length }
}

class Session {
  constructor(library, { url, chapter, token, seed }) {
    this.chance = chanceOf(seed)
    this.doc = new library.Doc()
    this.library = library
    this.root = library.root(this.doc)
    this.provider = new library.WebsocketProvider(url, chapter, this.doc, {
      params: { token }, WebSocketPolyfill: WebSocket, disableBc: true, maxBackoffTime: 300,
    })
    this.counts = { edits: 0, disconnects: 0, kills: 0 }
  }

  async synced() {
    while (!this.provider.synced) await pause(5)
  }

  async play(edits) {
    const { chance, provider } = this
    await this.synced()
    for (let index = 0; index < edits; index++) {
      this.library.edit(this.root, chance)
      this.counts.edits++
      const roll = chance.random()
      if (roll < 0.08) {
        provider.disconnect()
        this.counts.disconnects++
      } else if (roll < 0.14 && provider.ws?.readyState === WebSocket.OPEN) {
        provider.ws.terminate()
        this.counts.kills++
      } else if (roll < 0.3 && !provider.shouldConnect) {
        provider.connect()
      } else if (roll < 0.7) {
        await pause(chance.below(25))
      }
    }
    provider.connect()
    return this.counts
  }
}

const sessions = new Map()

const obey = async (library, command) => {
  const { run } = command
  if (command.dump) {
    const { root, provider } = sessions.get(run)
    return { run, dump: library.dump(root), synced: provider.synced }
  }
  if (command.end) {
    const { provider, doc } = sessions.get(run)
    sessions.delete(run)
    provider.destroy()
    doc.destroy()
    return { run, ended: true }
  }
  const session = new Session(library, command)
  sessions.set(run, session)
  return { run, done: await session.play(command.edits) }
}

export const serve = (library) => {
  const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n')
  console.warn = console.error = (...words) => answer({ complaint: words.join(' ') })
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const command = JSON.parse(line)
    obey(library, command).then(answer, (error) => answer({ run: command.run, error: String(error?.stack ?? error) }))
  }).on('close', () => process.exit())
}
