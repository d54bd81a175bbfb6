/**
 * From the editor's nodes to the Yjs document, paragraph by paragraph.
 *
 * A paragraph keeps its Yjs element as long as it keeps its id, so that splitting, joining and moving touch nobody
 * else's words. What this page can't edit is never rewritten, only kept or, when a person deletes it, deleted.
 */

import type { Node } from 'prosemirror-model'
import { updateYFragment } from 'y-prosemirror'
import * as Y from 'yjs'
import { keptBy, type Changes, type Kept } from './changes'
import type { Edit, Held } from './held'
import { BLOCKS, type Mapping } from './read'

export interface WriteMeta {
  mapping: Mapping
  isOMark: Map<unknown, boolean>
}

/**
 * Makes `fragment` hold what `doc` shows, by the same edits where `changes` are known. To be called within a transaction.
 * `held` is the paragraph whose own edits alone are written, since it does not show all that others wrote.
 */
export function writeDocument(fragment: Y.XmlFragment, doc: Node, meta: WriteMeta, changes: ReturnType<Changes['upTo']>, held: Held | null): void {
  const before = fragment.toArray() as Y.XmlElement[]
  if (before.length === 0 && isBlank(doc)) return
  const matches = inOrder(match(before, doc.children, meta.mapping), before)
  const kept = new Set(matches.filter((type) => type !== null))
  for (let index = before.length - 1; index >= 0; index--) {
    if (kept.has(before[index]!)) continue
    meta.mapping.delete(before[index]!)
    fragment.delete(index, 1)
  }
  const places = changes === null ? null : placesOf(changes.before)
  let index = 0
  doc.forEach((node, offset, position) => {
    const type = matches[position] ?? insert(fragment, index, node)
    if (type === undefined) return
    index++
    if (meta.mapping.get(type) === node) return
    if (node.type.name === 'unknown') return void meta.mapping.set(type, node)
    const shown = meta.mapping.get(type) as Node | undefined
    const place = shown && places?.get(shown)
    const edits = place === undefined ? null : editsOf(shown!, node, keptBy(changes!.maps, place + 1, shown!.content.size), place + 1, offset + 1)
    if (shown && type === held?.type) {
      held.write(edits ?? [difference(shown, node)], node)
      return void meta.mapping.set(type, node)
    }
    if (edits !== null) edit(type, shown!, node, edits)
    updateYFragment(fragment.doc!, type, node, meta as never)
  })
}

function placesOf(doc: Node): Map<Node, number> {
  const places = new Map<Node, number>()
  doc.forEach((node, offset) => places.set(node, offset))
  return places
}

/** What a person did to the letters of a paragraph; null when that can't be told. */
function editsOf(old: Node, node: Node, kept: Kept[], oldStart: number, start: number): Edit[] | null {
  const [before, after] = [lettersOf(old), lettersOf(node)]
  const here = kept.filter((piece) => piece.after >= start && piece.after + piece.length <= start + after.length)
  const pieces = [...here.map((piece) => ({ from: piece.before - oldStart, at: piece.after - start, length: piece.length })), { from: before.length, at: after.length, length: 0 }]
  if (!pieces.every((piece) => before.substr(piece.from, piece.length) === after.substr(piece.at, piece.length))) return null
  let [to, until] = [before.length, after.length]
  const edits: Edit[] = []
  for (const piece of [...pieces].reverse()) {
    const [end, newEnd] = [piece.from + piece.length, piece.at + piece.length]
    edits.push({ at: end, remove: to - end, from: newEnd, to: until })
    ;[to, until] = [piece.from, piece.at]
  }
  edits.push({ at: 0, remove: to, from: 0, to: until })
  return edits.some(({ at, remove }) => inPair(before, at) || inPair(before, at + remove)) ? null : edits.filter(({ remove, from, to }) => remove > 0 || to > from)
}

/** One edit that makes a paragraph's letters those of another, as far as two texts alone can tell. */
function difference(old: Node, node: Node): Edit {
  const [before, after] = [lettersOf(old), lettersOf(node)]
  let start = 0
  while (start < before.length && before[start] === after[start]) start++
  if (inPair(before, start)) start--
  let tail = 0
  while (tail < Math.min(before.length, after.length) - start && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  if (inPair(before, before.length - tail)) tail--
  return { at: start, remove: before.length - tail - start, from: start, to: after.length - tail }
}

/** One letter for each place, whatever else is there beside the text. */
const lettersOf = (node: Node) => node.textBetween(0, node.content.size, undefined, '\ufffc')

/** Deletes and inserts in a paragraph's only text what a person did; where there is more than text it is left to a comparison. */
function edit(type: Y.XmlElement, old: Node, node: Node, edits: Edit[]): void {
  const text: unknown = type.get(0)
  const plain = old.textContent.length === old.content.size && node.textContent.length === node.content.size
  if (type.length !== 1 || !(text instanceof Y.XmlText) || !plain || text.length !== old.content.size) return
  for (const { at, remove, from, to } of edits) {
    text.delete(at, remove)
    text.insert(at, node.textContent.slice(from, to))
  }
}

/** Whether a place is between the halves of one letter; Yjs would break it there. */
const inPair = (text: string, at: number) => /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1))

/** Whether a document is what an editor shows for an empty text: one empty paragraph. */
export const isBlank = (doc: Node): boolean => doc.childCount === 1 && doc.firstChild!.content.size === 0 && BLOCKS.has(doc.firstChild!.type.name)

/** For each node the Yjs element that it continues, or null. */
function match(types: Y.XmlElement[], nodes: readonly Node[], mapping: Mapping): (Y.XmlElement | null)[] {
  const free = new Set(types)
  const take = (type: Y.XmlElement | undefined) => {
    if (type === undefined || !free.delete(type)) return null
    return type
  }
  const shownBy = new Map(types.map((type) => [mapping.get(type), type]))
  const matches = nodes.map((node) => take(shownBy.get(node)))
  const left = new Map<string, Y.XmlElement[]>()
  for (const type of free) push(left, typeKey(type, mapping.get(type) as Node | undefined), type)
  const byKey = (key: (node: Node) => string) => (type: Y.XmlElement | null, i: number) => type ?? take(left.get(key(nodes[i]!))?.shift())
  // Last, an element that never had an id is the one whose paragraph has just been given one.
  return matches.map(byKey(nodeKey)).map(byKey((node) => `${node.type.name} `))
}

const nodeKey = (node: Node) =>
  node.type.name === 'unknown' ? `unknown ${node.attrs.key as string}` : `${node.type.name} ${String(node.attrs.id ?? '')}`

function typeKey(type: Y.XmlElement, shown: Node | undefined): string {
  if (shown) return nodeKey(shown)
  return `${type.nodeName} ${String(type.getAttribute('id') ?? '')}`
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

/** Gives up the matches that would need an element to move: Yjs can't move, so a moved paragraph is written anew. */
function inOrder(matches: (Y.XmlElement | null)[], types: Y.XmlElement[]): (Y.XmlElement | null)[] {
  const position = new Map(types.map((type, index) => [type, index]))
  const places = matches.map((type) => (type === null ? -1 : position.get(type)!))
  const stay = longestRising(places)
  return matches.map((type, i) => (stay.has(i) ? type : null))
}

/** The indices of a longest rising subsequence of `places`; -1 stands for none. */
function longestRising(places: number[]): Set<number> {
  const tails: number[] = []
  const previous = new Map<number, number>()
  places.forEach((place, i) => {
    if (place < 0) return
    let low = 0
    for (let high = tails.length; low < high; ) {
      const middle = (low + high) >> 1
      if (places[tails[middle]!]! < place) low = middle + 1
      else high = middle
    }
    if (low > 0) previous.set(i, tails[low - 1]!)
    tails[low] = i
  })
  const stay = new Set<number>()
  for (let i = tails.at(-1); i !== undefined; i = previous.get(i)) stay.add(i)
  return stay
}

function insert(fragment: Y.XmlFragment, index: number, node: Node): Y.XmlElement | undefined {
  if (!BLOCKS.has(node.type.name)) return undefined
  const type = new Y.XmlElement(node.type.name)
  fragment.insert(index, [type])
  // One text from the start: two people who begin an empty paragraph at once then write into the same one.
  type.insert(0, [new Y.XmlText()])
  return type
}
