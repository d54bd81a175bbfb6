/** Which paragraphs stand out, and why: the one looked for, the one written in, those with notes beside them. */

import { Plugin, PluginKey } from 'prosemirror-state'
import { Decoration, DecorationSet, type EditorView } from 'prosemirror-view'
import { takeUp } from './takeup'

export interface Highlights {
  found: string | null
  /** The line that says the chapter's title. */
  title: string | null
  /** For each paragraph with notes, what they are in words: "2 comments". */
  notes: ReadonlyMap<string, string>
}

const key = new PluginKey<Highlights>('highlights')
const none: Highlights = { found: null, title: null, notes: new Map() }

export function highlightPlugin(): Plugin<Highlights> {
  return new Plugin({
    key,
    state: {
      init: () => none,
      apply: (tr, value) => ({ ...value, ...(tr.getMeta(key) as Partial<Highlights> | undefined) }),
    },
    props: {
      decorations(state) {
        const { found, title, notes } = key.getState(state) ?? none
        const { head } = state.selection
        const decorations: Decoration[] = []
        state.doc.forEach((node, position) => {
          const end = position + node.nodeSize
          const id = node.attrs.id as string | null
          const names = [id !== null && id === found && 'is-found', id !== null && id === title && 'is-title', position <= head && head < end && 'is-current'].filter(Boolean)
          const words = id === null ? undefined : notes.get(id)
          if (names.length === 0 && words === undefined) return
          const attributes = { class: names.join(' '), ...(words !== undefined && { 'data-notes': words }) }
          decorations.push(Decoration.node(position, end, attributes))
        })
        return DecorationSet.create(state.doc, decorations)
      },
    },
  })
}

export function highlight(view: EditorView, change: Partial<Highlights>): void {
  if (view.isDestroyed) return
  takeUp(view)
  view.dispatch(view.state.tr.setMeta(key, change).setMeta('addToHistory', false))
}
