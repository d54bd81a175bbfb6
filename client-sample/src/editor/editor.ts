/** The editor of one chapter's text. */

import { baseKeymap } from 'prosemirror-commands'
import { keymap } from 'prosemirror-keymap'
import { EditorState, Plugin, TextSelection, type Command } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { yCursorPlugin, yUndoPlugin } from 'y-prosemirror'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'
import { paintPlugin } from '../authorship/paint'
import { closingAtCaret } from '../gavel/guard'
import { syncPlugin } from './binding'
import { buildCaret, buildSelection, isShown, restingCarets } from './carets'
import { insertBreak, marking, type Commands } from './commands'
import { highlight, highlightPlugin } from './highlight'
import { idsPlugin } from './ids'
import { schema } from './schema'
import { dispatchAfterTakeUp, settleFirst } from './takeup'

export interface EditorOptions {
  place: HTMLElement
  fragment: Y.XmlFragment
  awareness: Awareness
  participant: string
  label: string
  editable: () => boolean
  /** What keeps this person's edits off what is ruled on. */
  gavel: { plugin: Plugin; waiting: { undo: Command; redo: Command }; margins: { top: number; right: number; bottom: number; left: number } }
  /** Called after every change of text or selection. */
  onUpdate: (view: EditorView) => void
}

const FOUND_MS = 2_500

const keysFor = ({ bold, italic, underline, undo, redo }: Commands) =>
  keymap({
    'Mod-b': bold,
    'Mod-i': italic,
    'Mod-u': underline,
    'Mod-z': undo,
    'Mod-y': redo,
    'Shift-Mod-z': redo,
    'Shift-Enter': insertBreak,
  })

export function createEditor(options: EditorOptions): { view: EditorView; destroy: () => void } {
  const plugins = [
    syncPlugin(options.fragment),
    yCursorPlugin(options.awareness, {
      awarenessStateFilter: isShown(options.participant),
      cursorBuilder: buildCaret,
      selectionBuilder: buildSelection,
    }) as Plugin,
    yUndoPlugin(),
    idsPlugin(),
    highlightPlugin(),
    paintPlugin(),
    options.gavel.plugin,
    keysFor({ ...marking, ...options.gavel.waiting }),
    keymap(baseKeymap),
    new Plugin({ view: () => ({ update: options.onUpdate }) }),
  ]
  const view = new EditorView(options.place, {
    state: EditorState.create({ schema, plugins }),
    editable: options.editable,
    dispatchTransaction: dispatchAfterTakeUp,
    scrollThreshold: options.gavel.margins,
    scrollMargin: options.gavel.margins,
    handleDOMEvents: settleFirst,
    attributes: (state) => attributes(options, state),
  })
  const stopResting = restingCarets(options.awareness, view.dom)
  return {
    view,
    destroy: () => {
      stopResting()
      view.destroy()
    },
  }
}

function attributes({ label, editable }: EditorOptions, state: EditorState): Record<string, string> {
  return {
    class: 'text',
    'data-testid': 'editor',
    role: 'textbox',
    'aria-multiline': 'true',
    'aria-label': label,
    'aria-readonly': String(!editable() || closingAtCaret(state) !== null),
    tabindex: '0',
    lang: '',
    spellcheck: 'true',
  }
}

/** The id of the paragraph in which the caret stands. */
export function currentParagraph(view: EditorView): string | null {
  const { $head } = view.state.selection
  const node = $head.depth > 0 ? $head.node(1) : view.state.doc.nodeAt($head.pos)
  return (node?.attrs.id as string | undefined) ?? null
}

/** Puts the caret at the start of a paragraph and shows it. */
export function goTo(view: EditorView, paragraph: string): void {
  view.state.doc.forEach((node, position) => {
    if (node.attrs.id !== paragraph) return
    if (view.editable && node.isTextblock) {
      view.focus()
      view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, position + 1)))
    }
  })
  elementOf(view.dom, paragraph)?.scrollIntoView({ block: 'center', behavior: calm() ? 'auto' : 'smooth' })
  highlight(view, { found: paragraph })
  setTimeout(() => highlight(view, { found: null }), FOUND_MS)
}

export function elementOf(root: HTMLElement, paragraph: string): HTMLElement | null {
  return root.querySelector(`[data-id="${CSS.escape(paragraph)}"]`)
}

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches
