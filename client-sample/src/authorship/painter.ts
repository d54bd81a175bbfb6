/**
 * Keeps the colours of the editor up with its text.
 *
 * Only paragraphs in which something changed are computed anew, once for each picture that the browser draws, and none
 * at all while the text is shown plain. The paragraph in which an input method composes waits until that has ended.
 */

import { Decoration, type DecorationSet, type EditorView } from 'prosemirror-view'
import type * as Y from 'yjs'
import { bylineWords } from './bylines'
import { partyOf, type Colouring } from './looks'
import { BLANK, paintOf, put, settle, type Range } from './paint'
import type { Authorship } from './record'
import { blocksOf, stretchesOf, textsOf, type Block, type Stretch } from './stretches'

const COMPOSING_MS = 120

export class Painter {
  private colouring: Colouring | null = null
  private readonly changed = new Set<Y.XmlText>()
  private all = false
  private frame = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  /** `onPaint` is called after each change of the colours. */
  constructor(
    private readonly view: EditorView,
    private readonly fragment: Y.XmlFragment,
    private readonly authorship: Authorship,
    private readonly onPaint: () => void,
  ) {
    authorship.on('change', this.mark)
    authorship.on('authors', this.markAll)
  }

  /** Colours by group or by delegation, or not at all. */
  show(colouring: Colouring | null): void {
    if (colouring === this.colouring) return
    this.colouring = colouring
    this.rest()
    settle(this.view)
    put(this.view, { ...BLANK, on: colouring !== null })
    if (colouring !== null) this.markAll()
  }

  destroy(): void {
    this.authorship.off('change', this.mark)
    this.authorship.off('authors', this.markAll)
    this.rest()
  }

  private rest(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
    this.frame = 0
    this.changed.clear()
  }

  private readonly mark = (texts: ReadonlySet<Y.XmlText>): void => {
    for (const text of texts) this.changed.add(text)
    this.schedule()
  }

  private readonly markAll = (): void => {
    this.all = true
    this.schedule()
  }

  private readonly schedule = (): void => {
    if (this.colouring !== null) this.frame ||= requestAnimationFrame(this.paint)
  }

  private readonly paint = (): void => {
    this.frame = 0
    const { view, fragment } = this
    settle(view)
    const blocks = view.isDestroyed ? null : blocksOf(view.state.doc, fragment)
    if (this.colouring === null || blocks === null) return
    const paint = paintOf(view.state)
    const due = blocks.filter((block) => this.all || this.isChanged(block) || paint.stale.some((range) => meets(range, block)))
    const waiting = view.composing ? due.filter(({ start, node }) => within(view.state.selection.head, start, node.nodeSize)) : []
    const words = due.filter((block) => !waiting.includes(block)).reduce((set, block) => this.repaint(set, block), paint.words)
    this.all = false
    this.changed.clear()
    if (words !== paint.words) put(view, { words, stale: [] })
    for (const { element } of waiting) for (const text of textsOf(element)) this.changed.add(text)
    clearTimeout(this.timer)
    if (waiting.length > 0) this.timer = setTimeout(this.schedule, COMPOSING_MS)
    this.onPaint()
  }

  private isChanged({ element }: Block): boolean {
    return this.changed.size > 0 && textsOf(element).some((text) => this.changed.has(text))
  }

  /** The colours with those of one paragraph anew; the same object when they were right already. */
  private repaint(words: DecorationSet, block: Block): DecorationSet {
    const stretches = stretchesOf(block, (text) => this.authorship.runs(text))
    if (stretches === null) return words
    const [from, to] = [block.start + 1, block.start + block.node.nodeSize - 1]
    const old = words.find(from, to)
    const next = stretches.map((stretch) => this.decoration(stretch)).filter((each) => each !== null)
    const { doc } = this.view.state
    return same(old, next) ? words : words.remove(old).add(doc, next)
  }

  private decoration({ from, to, tag }: Stretch): Decoration | null {
    const byline = this.authorship.byline(tag)
    const { looks, color } = partyOf(tag, byline, this.colouring!)
    if (byline === null || looks === '') return null
    const words = bylineWords(byline)
    const attributes = { class: looks, 'data-by': tag ?? '', title: words, 'aria-description': words, ...(color !== null && { style: `--by: ${color}` }) }
    return Decoration.inline(from, to, attributes, { tag, words, looks, color, inclusiveEnd: this.authorship.isOwn(tag) })
  }
}

const within = (position: number, start: number, size: number) => position >= start && position < start + size

const meets = ({ from, to }: Range, { start, node }: Block) => from <= start + node.nodeSize && to >= start

function same(old: Decoration[], next: Decoration[]): boolean {
  if (old.length !== next.length) return false
  const sorted = [...old].sort((a, b) => a.from - b.from)
  return sorted.every((each, i) => {
    const other = next[i]!
    const [a, b] = [each.spec as Record<string, unknown>, other.spec as Record<string, unknown>]
    return each.from === other.from && each.to === other.to && a.tag === b.tag && a.words === b.words && a.looks === b.looks && a.color === b.color
  })
}
