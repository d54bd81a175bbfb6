/** The colours of the words in the editor, as decorations: they never touch the text itself. */

import { Plugin, PluginKey, type EditorState, type Transaction } from 'prosemirror-state'
import { Decoration, DecorationSet, type EditorView } from 'prosemirror-view'
import { takeUp } from '../editor/takeup'
import type { Stretch } from './stretches'

export interface Range {
  from: number
  to: number
}

export interface Paint {
  /** False while the text is shown plain. */
  on: boolean
  words: DecorationSet
  /** Where the text has changed since it was last coloured. */
  stale: readonly Range[]
  /** The run that a reader has walked to by keyboard. */
  pointed: Stretch | null
}

const key = new PluginKey<Paint>('authorship')
export const BLANK: Paint = { on: false, words: DecorationSet.empty, stale: [], pointed: null }

export function paintPlugin(): Plugin<Paint> {
  return new Plugin({
    key,
    state: {
      init: () => BLANK,
      apply: (tr, paint) => ({ ...carried(tr, paint), ...(tr.getMeta(key) as Partial<Paint> | undefined) }),
    },
    props: {
      decorations(state) {
        const { words, pointed } = paintOf(state)
        return pointed === null ? words : words.add(state.doc, [Decoration.inline(pointed.from, pointed.to, { class: 'is-pointed' })])
      },
    },
  })
}

export const paintOf = (state: EditorState): Paint => key.getState(state) ?? BLANK

/** To be called before places in the editor's document are worked out for `put`: what was just typed is part of it. */
export function settle(view: EditorView): void {
  if (!view.composing) takeUp(view)
}

export function put(view: EditorView, change: Partial<Paint>): void {
  if (view.isDestroyed) return
  view.dispatch(view.state.tr.setMeta(key, change).setMeta('addToHistory', false))
}

/** Colours go along with their words; what is written between them waits for its own. */
function carried(tr: Transaction, paint: Paint): Paint {
  if (!tr.docChanged || !paint.on) return paint
  const stale = paint.stale.map(({ from, to }) => ({ from: tr.mapping.map(from, -1), to: tr.mapping.map(to, 1) }))
  tr.mapping.maps.forEach((map, i) => {
    const later = tr.mapping.slice(i + 1)
    map.forEach((_oldFrom, _oldTo, from, to) => add(stale, { from: later.map(from, -1), to: later.map(to, 1) }))
  })
  return { on: true, words: paint.words.map(tr.mapping, tr.doc), stale, pointed: null }
}

/** Somebody who goes on typing makes one range longer. */
function add(ranges: Range[], range: Range): void {
  const last = ranges.at(-1)
  if (last === undefined || range.from > last.to || range.to < last.from) ranges.push(range)
  else ranges[ranges.length - 1] = { from: Math.min(last.from, range.from), to: Math.max(last.to, range.to) }
}
