// A shared type as plain lists, alike in every library: names of attributes in order, neighbours of one format joined.
import * as Y from 'yjs'

export const plain = (value) => {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value).toLowerCase().replace('infinity', 'inf')
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('hex')]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object') {
    return Object.fromEntries(Object.keys(value).sort().map((name) => [name, plain(value[name])]))
  }
  return value
}

export const runs = (delta) => {
  const out = []
  for (const { insert, attributes } of delta) {
    const formats = plain(attributes ?? {})
    const last = out[out.length - 1]
    const joins = typeof insert === 'string' && last && typeof last[0] === 'string'
    if (joins && JSON.stringify(last[1]) === JSON.stringify(formats)) last[0] += insert
    else out.push([plain(insert), formats])
  }
  return out
}

export const dump = (node) => {
  if (node instanceof Y.XmlText) return ['text', plain(node.getAttributes()), runs(node.toDelta())]
  const children = node.toArray().map(dump)
  return node instanceof Y.XmlElement ? [node.nodeName, plain(node.getAttributes()), children] : children
}
