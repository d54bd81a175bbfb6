// A stock Yjs 13 client that looks at what is ruled, with the program of docs/protocol.md. Arguments: address, chapter,
// token. For each line on stdin it says what it has: {locks, statuses, rulings, held: {paragraph: its lock's number}}
import readline from 'node:readline'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { documented } from './documented.mjs'

const { lockOn } = await documented('lockOn')
const [url, chapter, token] = process.argv.slice(2)
const doc = new Y.Doc()
const provider = new WebsocketProvider(url, chapter, doc, {
  params: { token }, WebSocketPolyfill: WebSocket, disableBc: true,
})

const held = () => Object.fromEntries(doc.getXmlFragment('default').toArray()
  .map((paragraph) => [paragraph.getAttribute('id'), lockOn(doc, paragraph)?.number])
  .filter(([, number]) => number !== undefined))

readline.createInterface({ input: process.stdin }).on('line', () => {
  const [locks, statuses, rulings] = ['locks', 'statuses', 'rulings'].map((root) => doc.getMap(root).toJSON())
  process.stdout.write(JSON.stringify({ locks, statuses, rulings, held: held() }) + '\n')
}).on('close', () => {
  provider.destroy()
  process.exit()
})
