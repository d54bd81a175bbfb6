/** Each paragraph has an id of its own from the moment it is made; its label is never made up here. */

import { Plugin, type Selection, type Transaction } from 'prosemirror-state'
import { Slice, Fragment, type Node } from 'prosemirror-model'
import { ySyncPluginKey } from 'y-prosemirror'
import { isBlank } from './write'

interface Block {
  node: Node
  position: number
}

export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return 'p-' + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Gives fresh ids to paragraphs that an edit made on this page, in the same step as the edit. */
export function idsPlugin(): Plugin {
  const seen = new Set<string>()
  return new Plugin({
    appendTransaction(transactions, before, after) {
      remember(seen, after.doc)
      const local = transactions.some((tr) => tr.docChanged && !isRemote(tr))
      if (!local) return null
      const renew = blocksToRenew(before.doc, after.doc)
      const restore = blocksToRestore(before.doc, after.doc)
      if (renew.length === 0 && restore.length === 0) return null
      const tr = after.tr
      for (const { position, node } of restore) tr.setNodeMarkup(position, null, node.attrs)
      for (const { position, node } of renew) {
        tr.setNodeMarkup(position, null, { ...defaults(node), id: freshId(), label: '' })
      }
      return tr
    },
    props: {
      /** Whole paragraphs, selected by their lines, are taken as such: where they are pasted, the one after them stays itself. */
      transformCopied: (slice, view) => wholeBlocks(slice, view.state.selection),
      /** A paragraph cut here and pasted here stays the same; one from elsewhere, or a copy, is a new one. */
      transformPasted: (slice) => new Slice(mapBlocks(slice.content, (node) => pasted(node, seen)), slice.openStart, slice.openEnd),
    },
  })
}

function wholeBlocks(slice: Slice, { $from, $to }: Selection): Slice {
  const byLines = $from.depth === 1 && $to.depth === 1 && $from.parent !== $to.parent && $from.parentOffset === 0 && $to.parentOffset === 0
  return byLines ? new Slice(Fragment.fromArray(slice.content.content.slice(0, -1)), 0, 0) : slice
}

const isRemote = (tr: Transaction) => (tr.getMeta(ySyncPluginKey) as { isChangeOrigin?: boolean } | undefined)?.isChangeOrigin === true

function defaults(node: Node): Record<string, unknown> {
  return node.type.name === 'heading' ? { level: node.attrs.level as unknown } : {}
}

function remember(seen: Set<string>, doc: Node): void {
  doc.forEach((node) => {
    if (typeof node.attrs.id === 'string') seen.add(node.attrs.id)
  })
}

/** The blocks whose id this edit doubled or left out; what stood so before is the server's to mend. */
function blocksToRenew(before: Node, after: Node): Block[] {
  const oldCounts = new Map<unknown, number>()
  const oldNodes = new Set<Node>()
  before.forEach((node) => {
    oldNodes.add(node)
    oldCounts.set(node.attrs.id, (oldCounts.get(node.attrs.id) ?? 0) + 1)
  })
  const groups = new Map<unknown, Block[]>()
  after.forEach((node, position) => {
    const group = groups.get(node.attrs.id)
    if (group) group.push({ node, position })
    else groups.set(node.attrs.id, [{ node, position }])
  })
  return [...groups].flatMap(([id, group]) => {
    const stood = oldCounts.get(id) ?? 0
    const allowed = id !== null ? Math.max(stood, 1) : isBlank(before) ? 0 : stood
    return group.length <= allowed ? [] : byClaim(group, oldNodes).slice(allowed)
  })
}

/** Where words that an edit left alone stand in a paragraph that it emptied: they get their own paragraph back. */
function blocksToRestore(before: Node, after: Node): Block[] {
  const here = new Set(after.children.map((node) => node.attrs.id as unknown))
  const gone = before.children.filter((node) => node.content.size > 0 && !here.has(node.attrs.id))
  if (gone.length === 0) return []
  const old = new Map(before.children.map((node) => [node.attrs.id as unknown, node]))
  const found: Block[] = []
  after.forEach((node, position) => {
    if (old.get(node.attrs.id)?.content.eq(node.content) ?? true) return
    const at = gone.findIndex((each) => each.type === node.type && each.content.eq(node.content))
    if (at >= 0) found.push({ position, node: gone.splice(at, 1)[0]! })
  })
  return found
}

/** Untouched blocks keep the id first; then those with words, since Enter before a paragraph's first word moves nothing. */
function byClaim(group: Block[], untouched: Set<Node>): Block[] {
  const claim = ({ node }: Block) => (untouched.has(node) ? 2 : node.content.size > 0 ? 1 : 0)
  return [...group].sort((a, b) => claim(b) - claim(a))
}

function mapBlocks(content: Fragment, change: (node: Node) => Node): Fragment {
  return Fragment.fromArray(content.content.map(change))
}

function pasted(node: Node, seen: Set<string>): Node {
  const { paragraph } = node.type.schema.nodes
  if (node.type.name === 'unknown') {
    const text = node.attrs.text as string
    return paragraph!.create(null, text === '' ? null : node.type.schema.text(text))
  }
  if (!('id' in node.attrs) || seen.has(node.attrs.id as string)) return node
  return node.type.create({ ...node.attrs, id: null, label: '' }, node.content, node.marks)
}
