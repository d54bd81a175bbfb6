/** Keeps the caret where the person has just put it while others write. */

import type { Transaction } from 'prosemirror-state'
import type { EditorView } from 'prosemirror-view'
import { yCursorPluginKey } from 'y-prosemirror'

/**
 * Takes up what the browser already shows but has not yet told: between a click and its `selectionchange` event the
 * editor still holds the old caret, and whatever made it draw then would put the caret, and the next word, back there.
 */
export function takeUp(view: EditorView): void {
  const { domObserver } = view as unknown as { domObserver?: { flush: () => void } }
  if (!view.isDestroyed) domObserver?.flush()
}

/** Before a key or the clipboard acts on the selection. A composition is left alone: it knows its own place. */
const settle = (view: EditorView): boolean => {
  if (!view.composing) takeUp(view)
  return false
}

export const settleFirst = { keydown: settle, copy: settle, cut: settle, paste: settle }

/** For the view's `dispatchTransaction`: the carets of others are drawn only after one's own was taken up. */
export function dispatchAfterTakeUp(this: EditorView, tr: Transaction): void {
  if (this.isDestroyed) return
  const carets: unknown = tr.getMeta(yCursorPluginKey)
  if (carets === undefined || tr.docChanged || tr.selectionSet) {
    this.updateState(this.state.apply(tr))
    return
  }
  takeUp(this)
  this.updateState(this.state.apply(this.state.tr.setMeta(yCursorPluginKey, carets)))
}
