/** Keeps this person's own edits off what is closed to them. What others write, and the server, always comes through. */

import type { Node } from 'prosemirror-model'
import { Plugin, PluginKey, type EditorState, type Transaction } from 'prosemirror-state'
import { DecorationSet, type EditorView } from 'prosemirror-view'
import { ySyncPluginKey } from 'y-prosemirror'
import { takeUp } from '../editor/takeup'
import { forbidden, type Closing, type Hold } from './hold'
import { drawMarks, redrawMarks, type Mark } from './marks'

/** What the editor knows of the rulings. */
export interface Sheet {
  hold: Hold
  /** What stands above a block, if anything does. */
  mark: (node: Node) => Mark | null
}

interface Guarded {
  sheet: Sheet | null
  marks: DecorationSet
}

/** Called when this person tried to change what is closed. */
export type Refused = (closing: Closing) => void

const key = new PluginKey<Guarded>('gavel')
const NOTHING: Guarded = { sheet: null, marks: DecorationSet.empty }

export function gavelPlugin(refused: Refused): Plugin<Guarded> {
  return new Plugin({
    key,
    state: {
      init: () => NOTHING,
      apply(tr, value) {
        const sheet = (tr.getMeta(key) as Sheet | undefined) ?? value.sheet
        if (sheet === null || (sheet === value.sheet && !tr.docChanged)) return value
        if (sheet !== value.sheet) return { sheet, marks: drawMarks(tr.doc, sheet.mark) }
        return { sheet, marks: redrawMarks(value.marks, tr, sheet.mark) }
      },
    },
    filterTransaction(tr, state) {
      const sheet = sheetOf(state)
      if (sheet === null || !tr.docChanged || isFromDocument(tr) || tr.getMeta('appendedTransaction')) return true
      const closing = forbidden(tr, sheet.hold)
      if (closing !== null) queueMicrotask(() => refused(closing))
      return closing === null
    },
    props: {
      decorations: (state) => key.getState(state)?.marks,
      handleDOMEvents: { beforeinput: (view, event) => beforeInput(view, event, refused) },
    },
  })
}

export const sheetOf = (state: EditorState): Sheet | null => key.getState(state)?.sheet ?? null

/** Tells the editor of a new state of the rulings. What was typed before it is taken up first: it is set aside, not lost. */
export function putSheet(view: EditorView, sheet: Sheet): void {
  if (!view.composing) takeUp(view)
  if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, sheet).setMeta('addToHistory', false))
}

/** What the block in which the caret stands is closed by. */
export function closingAtCaret(state: EditorState): Closing | null {
  const { $head } = state.selection
  const node = $head.depth > 0 ? $head.node(1) : state.doc.nodeAt($head.pos)
  return (node && sheetOf(state)?.hold.of(node)) ?? null
}

const isFromDocument = (tr: Transaction) => (tr.getMeta(ySyncPluginKey) as { isChangeOrigin?: boolean } | undefined)?.isChangeOrigin === true

/** Stops what would write into a closed block before the browser shows it; the filter above stands behind this. */
function beforeInput(view: EditorView, event: InputEvent, refused: Refused): boolean {
  const { $from, $to } = view.state.selection
  const inOne = event.inputType.startsWith('insertText') && $from.depth > 0 && $from.node(1) === $to.node(1)
  const closing = inOne ? closingAtCaret(view.state) : null
  if (closing === null || !event.cancelable) return false
  event.preventDefault()
  refused(closing)
  return true
}
