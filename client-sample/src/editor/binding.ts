/** y-prosemirror's sync plugin, with this page's own ways of reading and writing the document. */

import { Fragment, Slice, type Node } from 'prosemirror-model'
import { AllSelection, NodeSelection, TextSelection, type EditorState, type Plugin, type Transaction } from 'prosemirror-state'
import type { EditorView } from 'prosemirror-view'
import { absolutePositionToRelativePosition, relativePositionToAbsolutePosition, ySyncPlugin, ySyncPluginKey, type ProsemirrorBinding } from 'y-prosemirror'
import * as Y from 'yjs'
import { Changes } from './changes'
import { Held } from './held'
import { readFragment, type Mapping, type YType } from './read'
import { takeUp } from './takeup'
import { writeDocument, type WriteMeta } from './write'

type RelativeSelection = { type: string; anchor: unknown; head: unknown } | null

/** What of the library's binding is used here; its own types hide some of it. */
type Binding = Omit<ProsemirrorBinding, 'mapping' | 'prosemirrorView' | 'beforeAllTransactions' | 'beforeTransactionSelection' | '_observeFunction'> & {
  mapping: Mapping
  prosemirrorView: EditorView | null
  beforeTransactionSelection: RelativeSelection
  beforeAllTransactions: () => void
  _observeFunction: (events: Y.YEvent<never>[], transaction: Y.Transaction) => void
  /** The paragraph that does not yet show what others wrote, since somebody composes in it. */
  held: Held | null
}

const COMPOSED_CHECK_MS = 1_000

/** The plugin that joins an editor to `fragment`. It never deletes what it does not understand. */
export function syncPlugin(fragment: Y.XmlFragment): Plugin {
  const plugin = ySyncPlugin(fragment) as Plugin<{ binding: Binding }>
  const changes = new Changes()
  const { binding } = plugin.spec.state!.init.call(plugin, {}, undefined as unknown as EditorState)
  binding.held = null
  binding.beforeAllTransactions = () => (binding.beforeTransactionSelection ??= relativeSelection(binding))
  binding._observeFunction = (events, transaction) => show(binding, events, transaction)
  binding._forceRerender = () => binding.mux(() => replaceContent(binding, (tr) => tr))
  binding._prosemirrorChanged = (doc: Node) => write(binding, doc, changes)
  const { apply } = plugin.spec.state!
  plugin.spec.state!.apply = (tr, ...rest) => {
    if ((tr.getMeta(ySyncPluginKey) as { isChangeOrigin?: boolean } | undefined)?.isChangeOrigin) changes.written()
    else changes.note(tr)
    return apply.call(plugin, tr, ...rest)
  }
  const settle = () => letGo(binding)
  const soon = () => void setTimeout(settle)
  plugin.props.handleDOMEvents = { compositionend: soon, keydown: settle, cut: settle, paste: settle, drop: settle }
  return plugin
}

function write(binding: Binding, doc: Node, changes: Changes): void {
  const view = binding.prosemirrorView
  if (view === null || !view.editable) return
  writeDocument(binding.type, doc, binding as unknown as WriteMeta, changes.upTo(doc), binding.held)
  changes.written()
}

/** Shows a change that came from elsewhere, or from undo. */
function show(binding: Binding, events: Y.YEvent<never>[], transaction: Y.Transaction): void {
  if (binding.prosemirrorView === null || events.length === 0) return
  binding.mux(() => {
    const held = hold(binding, events, transaction)
    forget(binding.mapping, transaction)
    if (held !== null) binding.mapping.set(held.type, held.shown)
    adoptOwnText(binding)
    const isUndoRedoOperation = transaction.origin instanceof Y.UndoManager
    replaceContent(binding, (tr) => restoreSelection(tr, binding).setMeta(ySyncPluginKey, { isChangeOrigin: true, isUndoRedoOperation }))
  })
}

/** The paragraph in which somebody composes. */
function composed({ prosemirrorView: view, type, mapping }: Binding): { type: Y.XmlElement; shown: Node } | null {
  if (!view?.composing) return null
  const { $head } = view.state.selection
  const found = (type.toArray() as Y.XmlElement[]).find((each) => $head.depth > 0 && mapping.get(each) === $head.node(1))
  return found === undefined ? null : { type: found, shown: $head.node(1) }
}

/** Keeps the paragraph in which somebody composes as it is shown; to be called before what others did there is shown. */
function hold(binding: Binding, events: Y.YEvent<never>[], { changedParentTypes }: Y.Transaction): { type: Y.XmlElement; shown: Node } | null {
  const here = composed(binding)
  if (binding.held?.type !== here?.type) release(binding)
  if (here === null || !(changedParentTypes as Map<unknown, unknown>).has(here.type)) return binding.held && here
  if (binding.held === null) {
    binding.held = new Held(here.type, here.shown)
    checkLater(binding)
  }
  if (!binding.held.follow(events)) release(binding)
  return binding.held && here
}

function release(binding: Binding): void {
  if (binding.held !== null) binding.mapping.delete(binding.held.type)
  binding.held = null
}

/** Shows what others did to a paragraph as soon as nobody composes in it any longer. */
function letGo(binding: Binding): void {
  const view = binding.prosemirrorView
  const done = () => binding.held !== null && composed(binding)?.type !== binding.held.type
  if (view === null || !done()) return
  takeUp(view)
  if (!done()) return
  binding.mux(() => {
    binding.beforeTransactionSelection = relativeSelection(binding)
    release(binding)
    replaceContent(binding, (tr) => restoreSelection(tr, binding))
    binding.beforeTransactionSelection = null
  })
  adoptOwnText(binding)
}

/** A composition may end without an event, as on Android after five quiet seconds. */
function checkLater(binding: Binding): void {
  setTimeout(() => {
    letGo(binding)
    if (binding.held !== null && binding.prosemirrorView !== null) checkLater(binding)
  }, COMPOSED_CHECK_MS)
}

function forget(mapping: Mapping, transaction: Y.Transaction): void {
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (struct instanceof Y.Item && struct.content instanceof Y.ContentType) mapping.delete(struct.content.type)
  })
  for (const type of transaction.changed.keys()) mapping.delete(type as YType)
  for (const type of transaction.changedParentTypes.keys()) mapping.delete(type as YType)
}

/**
 * Two people who began the same empty paragraph at once leave two texts side by side. Whoever wrote the second moves
 * it into the first: with one text for each paragraph no later edit can double or drop a word.
 */
function adoptOwnText({ type: fragment, held }: Binding): void {
  const doc = fragment.doc!
  for (const block of fragment.toArray()) {
    if (!(block instanceof Y.XmlElement) || block.length < 2 || block === held?.type) continue
    const children = block.toArray() as unknown[]
    children.forEach((text, i) => {
      const next = children[i + 1]
      if (!(text instanceof Y.XmlText) || !(next instanceof Y.XmlText) || next._item?.id.client !== doc.clientID) return
      doc.transact(() => {
        text.applyDelta([{ retain: text.length }, ...(next.toDelta() as object[])])
        block.delete(i + 1, 1)
      })
    })
  }
}

/** Replaces only the blocks that differ, so that the caret and an unfinished composition elsewhere are left alone. */
function replaceContent(binding: Binding, finish: (tr: Transaction) => Transaction): void {
  const view = binding.prosemirrorView!
  const { doc, tr } = view.state
  const next = readFragment(binding.type, binding.mapping)
  for (const { start, oldEnd, newEnd } of differences(doc.children, next).reverse()) {
    const from = size(doc.children.slice(0, start))
    tr.replace(from, from + size(doc.children.slice(start, oldEnd)), new Slice(Fragment.fromArray(next.slice(start, newEnd)), 0, 0))
  }
  tr.setMeta('addToHistory', false).setMeta(ySyncPluginKey, { isChangeOrigin: true })
  view.dispatch(finish(tr))
}

interface Difference {
  start: number
  oldEnd: number
  newEnd: number
}

/** Where two lists of blocks differ. While people only type the lists are as long as each other, and most blocks the same. */
function differences(old: readonly Node[], next: readonly Node[]): Difference[] {
  if (old.length === next.length) return old.flatMap((node, i) => (node === next[i] ? [] : [{ start: i, oldEnd: i + 1, newEnd: i + 1 }]))
  let start = 0
  while (start < old.length && start < next.length && old[start] === next[start]) start++
  let tail = 0
  while (tail < old.length - start && tail < next.length - start && old[old.length - 1 - tail] === next[next.length - 1 - tail]) tail++
  return [{ start, oldEnd: old.length - tail, newEnd: next.length - tail }]
}

const size = (nodes: readonly Node[]) => nodes.reduce((sum, node) => sum + node.nodeSize, 0)

/** Where the selection is, for when others have written: a caret stays behind the letter before it, as do its words. */
function relativeSelection(binding: Binding): RelativeSelection {
  if (binding.prosemirrorView === null) return null
  const { selection } = binding.prosemirrorView.state
  const { anchor, head } = selection
  const start = (at: number) => heldPosition(at, binding) ?? (absolutePositionToRelativePosition(at, binding.type as never, binding.mapping as never) as unknown)
  const end = (at: number) => behindLetter(start(at), binding)
  const type = (selection.toJSON() as { type: string }).type
  if (type !== 'text') return { type, anchor: start(anchor), head: start(head) }
  return { type, anchor: (anchor < head ? start : end)(anchor), head: (head < anchor ? start : end)(head) }
}

function heldPosition(at: number, binding: Binding): Y.RelativePosition | null {
  const { doc } = binding.prosemirrorView!.state
  const start = heldStart(binding, doc)
  if (start === null || at <= start || at >= start + doc.nodeAt(start)!.nodeSize) return null
  return binding.held!.position(at - start - 1)
}

/** Where in an editor's document the held paragraph begins. */
function heldStart({ held, mapping }: Binding, doc: Node): number | null {
  if (held === null) return null
  const index = doc.children.indexOf(mapping.get(held.type) as Node)
  return index < 0 ? null : size(doc.children.slice(0, index))
}

function behindLetter(position: unknown, { doc }: Binding): unknown {
  const place = position === null ? null : Y.createAbsolutePositionFromRelativePosition(position as Y.RelativePosition, doc)
  return place?.type instanceof Y.XmlText ? Y.createRelativePositionFromTypeIndex(place.type, place.index, -1) : position
}

function restoreSelection(tr: Transaction, binding: Binding): Transaction {
  if (binding.held !== null) return carrySelection(tr, binding)
  const kept = binding.beforeTransactionSelection
  if (kept === null || kept.anchor === null || kept.head === null) return tr
  if (kept.type === 'all') return tr.setSelection(new AllSelection(tr.doc))
  const place = (position: unknown) =>
    relativePositionToAbsolutePosition(binding.doc, binding.type, position, binding.mapping as never)
  const anchor = place(kept.anchor)
  const head = place(kept.head)
  if (anchor === null || head === null || Math.max(anchor, head) > tr.doc.content.size) return tr
  if (kept.type === 'node') {
    return tr.doc.nodeAt(anchor) ? tr.setSelection(NodeSelection.create(tr.doc, anchor)) : tr
  }
  return tr.setSelection(TextSelection.between(tr.doc.resolve(anchor), tr.doc.resolve(head)))
}

/** The browser's own caret in a composition is not touched: it goes along with the paragraph. */
function carrySelection(tr: Transaction, binding: Binding): Transaction {
  const { doc, selection } = binding.prosemirrorView!.state
  const [before, after] = [heldStart(binding, doc), heldStart(binding, tr.doc)]
  if (!tr.docChanged || before === null || after === null) return tr
  const place = (at: number) => tr.doc.resolve(Math.max(0, Math.min(at + after - before, tr.doc.content.size)))
  return tr.setSelection(TextSelection.between(place(selection.anchor), place(selection.head)))
}
