// A document as both libraries colour it. In: a JSON line {update, map} in hex; out: {live, visible, deleted}: its text in
// runs, from the maps in it by yjs 13, and from the content map by @y/y 14; or {error}.
import readline from 'node:readline'
import * as Y14 from '@y/y'
import * as Y13 from 'yjs'
import { runs as live } from './runs-yjs13.mjs'
import { runs, visible, withDeleted } from './runs-yjs14.mjs'

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'))

const colour = ({ update, map }) => {
  const [old, doc] = [new Y13.Doc({ gc: false }), new Y14.Doc({ gc: false })]
  doc.get('default')
  old.getXmlFragment('default')
  Y13.applyUpdate(old, bytes(update))
  Y14.applyUpdate(doc, bytes(update))
  const attributions = Y14.decodeContentMap(bytes(map))
  return { live: live(old), visible: runs(visible(doc, attributions)), deleted: runs(withDeleted(doc, attributions)) }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = colour(JSON.parse(line))
  } catch (error) {
    answer = { error: String(error?.stack ?? error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
