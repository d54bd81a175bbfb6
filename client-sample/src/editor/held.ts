/**
 * A paragraph in which somebody composes a word, as in Japanese, while others write into it.
 *
 * A browser loses a composition whose text is drawn anew, and leaves behind what it had of the word. So the paragraph
 * is shown as it was until the word is done. What is composed meanwhile goes among what the others write.
 */

import type { Node } from 'prosemirror-model'
import * as Y from 'yjs'

/** Puts `from` to `to` of a paragraph as it is now in place of some letters of the paragraph as it was. */
export interface Edit {
  at: number
  remove: number
  from: number
  to: number
}

/** A letter, or line break, that is both shown and in Yjs; or in Yjs alone; or shown alone, since others deleted it. */
type Letter = 'both' | 'unseen' | 'deleted'

const isShown = (letter: Letter) => letter !== 'unseen'
const isWritten = (letter: Letter) => letter !== 'deleted'
const lengthOf = (child: unknown) => (child instanceof Y.XmlText ? child.length : 1)

export class Held {
  private readonly letters: Letter[]

  constructor(
    readonly type: Y.XmlElement,
    shown: Node,
  ) {
    this.letters = several('both', shown.content.size)
  }

  /** Takes note of what others did; false when they removed a line break or a whole text, and it can't be held. */
  follow(events: readonly Y.YEvent<never>[]): boolean {
    const byTarget = new Map(events.map((event) => [event.target as unknown, event]))
    const list = byTarget.get(this.type)?.delta ?? []
    if (list.some((change) => change.delete)) return false
    const added = new Set(list.flatMap(({ insert }) => (insert ?? []) as unknown[]))
    let start = 0
    for (const child of this.type.toArray() as unknown[]) {
      if (added.has(child)) this.letters.splice(this.behind(start, isWritten), 0, ...several('unseen', lengthOf(child)))
      else if (child instanceof Y.XmlText) this.followText(start, byTarget.get(child)?.delta ?? [])
      start += lengthOf(child)
    }
    return this.letters.filter(isWritten).length === start
  }

  private followText(start: number, delta: Y.YEvent<never>['delta']): void {
    let at = start
    for (const { retain = 0, delete: gone = 0, insert } of delta) {
      const added = insert === undefined ? 0 : ((insert as { length?: number }).length ?? 1)
      this.letters.splice(this.behind(at, isWritten), 0, ...several('unseen', added))
      for (let i = 0; i < gone; i++) {
        const index = this.behind(at + 1, isWritten) - 1
        this.letters.splice(index, 1, ...several('deleted', this.letters[index] === 'both' ? 1 : 0))
      }
      at += retain + added
    }
  }

  /** Writes what a person did to the paragraph as it was shown; `node` is how it is shown now. Deletes nothing unseen. */
  write(edits: readonly Edit[], node: Node): void {
    for (const { at, remove, from, to } of [...edits].sort((a, b) => b.at - a.at)) {
      let index = remove > 0 ? this.behind(at + 1, isShown) - 1 : this.behind(at, isShown)
      this.remove(index, this.behind(at + remove, isShown))
      for (const piece of node.content.cut(from, to).content) {
        if (piece.isText) this.insert(index, piece)
        this.letters.splice(index, 0, ...several(piece.isText ? 'both' : 'deleted', piece.nodeSize))
        index += piece.nodeSize
      }
    }
  }

  private remove(start: number, end: number): void {
    // In runs: Yjs would break a letter of two halves, were one deleted before the other.
    for (let to = end, from = end; to > start; to = from) {
      while (from > start && this.letters[from - 1] === this.letters[to - 1]) from--
      if (this.letters[from] === 'unseen') continue
      if (this.letters[from] === 'both') this.delete(this.written(from), to - from)
      this.letters.splice(from, to - from)
    }
  }

  private delete(at: number, length: number): void {
    let start = this.type.toArray().reduce((sum, child) => sum + lengthOf(child), 0)
    const children = this.type.toArray() as unknown[]
    for (const [i, child] of [...children.entries()].reverse()) {
      start -= lengthOf(child)
      const [from, to] = [Math.max(at, start), Math.min(at + length, start + lengthOf(child))]
      if (from >= to) continue
      if (child instanceof Y.XmlText) child.delete(from - start, to - from)
      else this.type.delete(i, 1)
    }
  }

  private insert(index: number, { text, marks }: Node): void {
    const place = this.place(this.written(index))
    if (place.text === null) this.type.insert(place.child, [(place.text = new Y.XmlText())])
    place.text.insert(place.index, text!, Object.fromEntries(marks.map((mark) => [mark.type.name, mark.attrs])))
  }

  /** Where in Yjs a caret stands that is shown behind so many letters. */
  position(offset: number): Y.RelativePosition | null {
    const { text, index } = this.place(this.written(this.behind(offset, isShown)))
    return text && Y.createRelativePositionFromTypeIndex(text, index, -1)
  }

  /** The text that holds a place, and the place in it; null where two line breaks have none between them. */
  private place(at: number): { child: number; text: Y.XmlText | null; index: number } {
    let index = at
    const children = this.type.toArray() as unknown[]
    for (const [i, child] of children.entries()) {
      if (child instanceof Y.XmlText && index <= child.length) return { child: i, text: child, index }
      if (index < lengthOf(child)) return { child: i, text: null, index: 0 }
      index -= lengthOf(child)
    }
    return { child: children.length, text: null, index: 0 }
  }

  /** Behind so many letters that count, and right behind the last of them. */
  private behind(count: number, counts: (letter: Letter) => boolean): number {
    let index = 0
    for (let left = count; left > 0; index++) if (counts(this.letters[index]!)) left--
    return index
  }

  private written(index: number): number {
    return this.letters.slice(0, index).filter(isWritten).length
  }
}

const several = (letter: Letter, count: number) => Array<Letter>(count).fill(letter)
