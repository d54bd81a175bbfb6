// Merges a trace with Yjs and prints what it took: node --expose-gc yjs.mjs WAY FILE, where WAY is one of the functions below.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// The Yjs that the tests use, at the version locked there.
const Y = createRequire(new URL('../../tests/node/', import.meta.url))('yjs')

const ways = {
  one_by_one (doc, { updates }) {
    for (const update of updates) Y.applyUpdate(doc, update)
  },
  merged_by_64 (doc, { updates }) {
    for (let start = 0; start < updates.length; start += 64) {
      Y.applyUpdate(doc, Y.mergeUpdates(updates.slice(start, start + 64)))
    }
  },
  merged_first (doc, { updates }) {
    Y.applyUpdate(doc, Y.mergeUpdates(updates))
  },
  rejoined_one_by_one (doc, { rejoined }) {
    for (const update of rejoined) Y.applyUpdate(doc, update)
  },
  rejoined_merged (doc, { rejoined }) {
    Y.applyUpdate(doc, Y.mergeUpdates(rejoined))
  }
}

/** Reads the lists that `trace_file.py` wrote. */
function read (path) {
  const data = readFileSync(path)
  let at = 0
  const number = () => {
    at += 4
    return data.readUInt32LE(at - 4)
  }
  const list = () => Array.from({ length: number() }, () => {
    const length = number()
    at += length
    return new Uint8Array(data.subarray(at - length, at))
  })
  const [opening] = list()
  return { opening, updates: list(), rejoined: list() }
}

const trace = read(process.argv[3])
const doc = new Y.Doc({ gc: false })
const root = doc.getXmlFragment('default')
Y.applyUpdate(doc, trace.opening)

/** Bytes in use now, or at the most since `reset`; 0 where there is no /proc. */
function memory (name, reset = false) {
  if (!existsSync('/proc/self/clear_refs')) return 0
  if (reset) writeFileSync('/proc/self/clear_refs', '5')
  const found = readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${name}:\\s+(\\d+) kB`))
  return Number(found[1]) * 1024
}

globalThis.gc()
const before = memory('VmRSS', true)
const start = process.cpuUsage()
ways[process.argv[2]](doc, trace)
const { user, system } = process.cpuUsage(start)
const peak = memory('VmHWM')
const texts = root.toArray().map((paragraph) => paragraph.get(0).toDelta().map((part) => part.insert).join(''))
console.log(JSON.stringify({
  milliseconds: (user + system) / 1000,
  memory: Math.max(0, peak - before),
  bytes: Y.encodeStateAsUpdate(doc).length,
  text: createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16)
}))
