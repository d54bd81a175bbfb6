// A reader of content maps. In: a JSON line {map} in hex; out: {inserts, deletes, again}: both as lists of [client, clock,
// length, {name: value}], and in hex what the library itself writes for it.
import readline from 'node:readline'
import * as Y from '@y/y'

const list = (ids) => {
  const found = []
  ids.forEach((range, client) => {
    found.push([client, range.clock, range.len, Object.fromEntries(range.attrs.map(({ name, val }) => [name, val]))])
  })
  return found
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const map = Y.decodeContentMap(Uint8Array.from(Buffer.from(JSON.parse(line).map, 'hex')))
  const again = Buffer.from(Y.encodeContentMap(map)).toString('hex')
  process.stdout.write(JSON.stringify({ inserts: list(map.inserts), deletes: list(map.deletes), again }) + '\n')
}
