/** Which paragraphs stand out, and why: the one looked for, the one written in, those with notes beside them. */

import { Plugin, PluginKey } from 'prosemirror-state'
import { Decoration, DecorationSet, type EditorView } from 'prosemirror-view'

export interface Highlights {
  found: string | null
  current: string | null
  noted: ReadonlySet<string>
}

const key = new PluginKey<Highlights>('highlights')
const none: Highlights = { found: null, current: null, noted: new Set() }

export function highlightPlugin(): Plugin<Highlights> {
  return new Plugin({
    key,
    state: {
      init: () => none,
      apply: (tr, value) => ({ ...value, ...(tr.getMeta(key) as Partial<Highlights> | undefined) }),
    },
    props: {
      decorations(state) {
        const { found, current, noted } = key.getState(state) ?? none
        const decorations: Decoration[] = []
        state.doc.forEach((node, position) => {
          const id = node.attrs.id as string | null
          if (id === null) return
          const names = [id === found && 'is-found', id === current && 'is-current', noted.has(id) && 'is-noted'].filter(Boolean)
          if (names.length > 0) decorations.push(Decoration.node(position, position + node.nodeSize, { class: names.join(' ') }))
        })
        return DecorationSet.create(state.doc, decorations)
      },
    },
  })
}

export function highlight(view: EditorView, change: Partial<Highlights>): void {
  if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, change).setMeta('addToHistory', false))
}
