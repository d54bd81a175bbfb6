// A Yjs peer for the fuzzer. In: one JSON line {base, updates, state} in hex; out: {xml, loaded}, or {error}.
import readline from 'node:readline'
import * as Y from 'yjs'
import { dump as tree, runs } from './traffic-tree.mjs'

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'))

const document = () => {
  const doc = new Y.Doc()
  doc.getXmlFragment('default')
  doc.getText('t')
  // Yjs takes out formats that show nothing: an edit of its own, which the others would have to be sent.
  doc.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false
  })
  return doc
}

const dump = (doc) => [tree(doc.getXmlFragment('default')), runs(doc.getText('t').toDelta())]

const play = ({ base, updates, state }) => {
  const doc = document()
  for (const update of [base, ...updates]) Y.applyUpdate(doc, bytes(update))
  const loaded = document()
  Y.applyUpdate(loaded, bytes(state))
  if (doc.store.pendingStructs || loaded.store.pendingStructs || doc.store.pendingDs) throw new Error('something is pending')
  return { xml: dump(doc), loaded: dump(loaded) }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = play(JSON.parse(line))
  } catch (error) {
    answer = { error: String(error?.stack ?? error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
