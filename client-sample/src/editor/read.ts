/** From the Yjs document to the editor's nodes. Nothing here ever changes the Yjs document. */

import type { Node } from 'prosemirror-model'
import * as Y from 'yjs'
import { markNamed, schema } from './schema'

/** Any shared type, whatever its events. */
export type YType = Y.AbstractType<any>

/** Which editor node shows which Yjs type. The cursor plugin reads it too. */
export type Mapping = Map<YType, Node | Node[]>

export const BLOCKS = new Set(['paragraph', 'heading'])

let unknownKeys = 0

/** The nodes of the whole text. Types already in `mapping` are taken from there. */
export function readFragment(fragment: Y.XmlFragment, mapping: Mapping): Node[] {
  return (fragment.toArray() as YType[]).map((type) => {
    const known = mapping.get(type)
    const node = known !== undefined && !Array.isArray(known) ? known : readBlock(type, mapping)
    mapping.set(type, node)
    return node
  })
}

function readBlock(type: YType, mapping: Mapping): Node {
  if (!(type instanceof Y.XmlElement) || !BLOCKS.has(type.nodeName)) return unknown(type)
  const children = (type.toArray() as unknown[]).map((child) => readInline(child, mapping))
  if (children.includes(null)) return unknown(type)
  const attributes = type.getAttributes() as Record<string, unknown>
  const node = schema.nodes[type.nodeName]!.createChecked(attributes, (children as Node[][]).flat())
  // Attributes that the schema does not name are kept: y-prosemirror removes from Yjs what a node lacks.
  Object.assign(node.attrs, attributes)
  return node
}

function readInline(child: unknown, mapping: Mapping): Node[] | null {
  if (child instanceof Y.XmlText) return readText(child)
  const isBreak = child instanceof Y.XmlElement && child.nodeName === 'hardBreak' && child.length === 0
  if (!isBreak) return null
  const node = schema.nodes.hardBreak!.create()
  mapping.set(child, node)
  return [node]
}

function readText(text: Y.XmlText): Node[] | null {
  const nodes: Node[] = []
  for (const { insert, attributes } of text.toDelta() as { insert: unknown; attributes?: Record<string, unknown> }[]) {
    if (typeof insert !== 'string') return null
    const marks = Object.entries(attributes ?? {}).map(([name, value]) => markNamed(name, value))
    nodes.push(schema.text(insert, marks.sort((a, b) => rank(a.type) - rank(b.type))))
  }
  return nodes
}

const rank = (type: unknown) => (type as { rank: number }).rank

function unknown(type: YType): Node {
  const attributes = type instanceof Y.XmlElement ? (type.getAttributes() as Record<string, unknown>) : {}
  const { id = null, label = '' } = attributes
  return schema.nodes.unknown!.create({ id, label, key: String(++unknownKeys), text: plainText(type) })
}

/** All words below a Yjs type, without marks. */
export function plainText(type: unknown): string {
  if (type instanceof Y.XmlText) {
    const parts = type.toDelta() as { insert: unknown }[]
    return parts.map(({ insert }) => (typeof insert === 'string' ? insert : ' ')).join('')
  }
  return type instanceof Y.XmlFragment ? (type.toArray() as unknown[]).map(plainText).join(' ') : ''
}
