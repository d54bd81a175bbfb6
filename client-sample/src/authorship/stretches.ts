/** Where in the editor's document the runs of the Yjs document stand. */

import type { Node } from 'prosemirror-model'
import * as Y from 'yjs'
import type { Tag } from './bylines'
import type { Run } from './runs'

/** A part of the editor's document by one author. */
export interface Stretch {
  from: number
  to: number
  tag: Tag | null
}

/** A paragraph of the editor with its Yjs element. */
export interface Block {
  node: Node
  /** Before the paragraph, in the editor's document. */
  start: number
  element: Y.XmlElement
}

/** The paragraphs that can be coloured; null while the two documents do not agree. */
export function blocksOf(doc: Node, fragment: Y.XmlFragment): Block[] | null {
  if (fragment.length !== doc.childCount) return null
  const types = fragment.toArray() as unknown[]
  const blocks: Block[] = []
  doc.forEach((node, start, i) => {
    const element = types[i]
    if (node.isTextblock && element instanceof Y.XmlElement) blocks.push({ node, start, element })
  })
  return blocks
}

export const textsOf = (element: Y.XmlElement): Y.XmlText[] => (element.toArray() as unknown[]).filter((child) => child instanceof Y.XmlText)

/** The runs of a paragraph in their places; null when its two documents do not agree. */
export function stretchesOf({ node, start, element }: Block, runs: (text: Y.XmlText) => readonly Run[]): Stretch[] | null {
  const stretches: Stretch[] = []
  let at = start + 1
  for (const child of element.toArray() as unknown[]) {
    // What is not text here is a line break, which takes one place.
    if (!(child instanceof Y.XmlText)) at += 1
    else {
      for (const { text, tag } of runs(child)) {
        stretches.push({ from: at, to: at + text.length, tag })
        at += text.length
      }
    }
  }
  return at === start + node.nodeSize - 1 ? stretches : null
}

/** The author's run in which a caret at a position stands: that of the letter before it, or of a paragraph's first. */
export function stretchAt(blocks: Block[], position: number, runs: (text: Y.XmlText) => readonly Run[]): Stretch | null {
  const block = blocks.find(({ start, node }) => position > start && position < start + node.nodeSize)
  const stretches = block === undefined ? null : stretchesOf(block, runs)
  return stretches?.find(({ from, to }) => from < position && position <= to) ?? stretches?.find(({ from }) => from === position) ?? null
}
