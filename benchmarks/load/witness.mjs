// A real Yjs client over a plain websocket. It applies whatever comes and tells the text when asked; its packages are
// those of the folder that it is started in.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(`${process.cwd()}/`)
const Y = require('yjs')
const WebSocket = require('ws')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')
const sync = require('y-protocols/sync')

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)

const { url, name, header } = JSON.parse((await lines.next()).value)
const [field, value] = header.split(': ')
const doc = new Y.Doc()
const socket = new WebSocket(url, { headers: field ? { [field]: value } : {}, perMessageDeflate: false })
socket.binaryType = 'arraybuffer'

// A message, behind the document's name where the server wants one.
const send = (write) => {
  const encoder = encoding.createEncoder()
  if (name) encoding.writeVarString(encoder, name)
  write(encoder)
  socket.send(encoding.toUint8Array(encoder))
}
const ask = () =>
  send((encoder) => {
    encoding.writeVarUint(encoder, 0)
    sync.writeSyncStep1(encoder, doc)
  })

socket.on('open', () => {
  if (!name) return ask()
  send((encoder) => {
    encoding.writeVarUint(encoder, 2)
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarString(encoder, 'token')
  })
})
socket.on('message', (data) => {
  const decoder = decoding.createDecoder(new Uint8Array(data))
  if (name) decoding.readVarString(decoder)
  const kind = decoding.readVarUint(decoder)
  if (kind === 2 && name) return ask()
  if (kind !== 0) return
  const answer = encoding.createEncoder()
  const step = sync.readSyncMessage(decoder, answer, doc, 'server')
  if (step === 0)
    send((encoder) => {
      encoding.writeVarUint(encoder, 0)
      encoding.writeUint8Array(encoder, encoding.toUint8Array(answer))
    })
  if (step === 1) tell({ event: 'in' })
})
socket.on('close', (code) => tell({ event: 'closed', code }))
socket.on('error', (error) => tell({ event: 'error', error: String(error) }))

for await (const _ of lines) {
  const texts = {}
  for (const element of doc.getXmlFragment('default').toArray())
    texts[element.getAttribute('id')] = element
      .toArray()
      .map((text) => text.toString())
      .join('')
  tell({ event: 'texts', texts })
}
socket.terminate()
