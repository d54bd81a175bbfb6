/** A reader, who has no caret, goes from author to author with the arrow keys, or points at one. */

import type { EditorView } from 'prosemirror-view'
import type * as Y from 'yjs'
import { DRAFT } from './bylines'
import { paintOf } from './paint'
import type { Run } from './runs'
import { stretchAt, stretchesOf, type Block, type Stretch } from './stretches'

interface Walk {
  /** Whether the text is coloured. */
  on: () => boolean
  blocks: () => Block[]
  runs: (text: Y.XmlText) => readonly Run[]
  point: (stretch: Stretch) => void
}

/** Begins to listen; the function that it returns ends that. */
export function createWalk(view: EditorView, { on, blocks, runs, point }: Walk): () => void {
  const idle = () => view.editable || !on()
  const keys = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined || idle() || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    const found = next(stops(blocks(), runs), paintOf(view.state).pointed, step)
    if (found === undefined) return
    event.preventDefault()
    point(found)
  }
  const pointer = ({ clientX: left, clientY: top }: MouseEvent) => {
    const place = idle() ? null : view.posAtCoords({ left, top })
    const found = place && stretchAt(blocks(), place.pos, runs)
    if (found) point(found)
  }
  view.dom.addEventListener('keydown', keys)
  view.dom.addEventListener('click', pointer)
  return () => {
    view.dom.removeEventListener('keydown', keys)
    view.dom.removeEventListener('click', pointer)
  }
}

/** The runs of which something is to be said. */
function stops(blocks: Block[], runs: Walk['runs']): Stretch[] {
  return blocks.flatMap((block) => stretchesOf(block, runs) ?? []).filter(({ tag }) => tag !== null && tag !== DRAFT)
}

function next(list: Stretch[], at: Stretch | null, step: number): Stretch | undefined {
  if (at === null) return step > 0 ? list[0] : list.at(-1)
  return step > 0 ? list.find(({ from }) => from > at.from) : list.findLast(({ from }) => from < at.from)
}
