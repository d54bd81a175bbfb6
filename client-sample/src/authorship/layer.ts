/** The authorship of a chapter on its page: the switch, the colours, their legend, the line of the author, the redline. */

import type { EditorView } from 'prosemirror-view'
import type { Participant } from '../api'
import type { LiveChapter } from '../live'
import { DRAFT } from './bylines'
import { WordHistory } from './history'
import { createLegend } from './legend'
import { createLine, type Said } from './line'
import type { Colouring } from './looks'
import { paintOf, put } from './paint'
import { Painter } from './painter'
import { Authorship } from './record'
import { createRedline } from './redline'
import type { Heading } from './redline-text'
import { sharesOf } from './shares'
import { blocksOf, stretchAt, type Stretch } from './stretches'
import { createViews, rememberedMode, type ViewMode } from './views'
import { createWalk } from './walk'

const READER_HINT = 'Left and right arrow keys lead from author to author.'

export interface LayerOptions {
  live: LiveChapter
  me: Participant
  view: EditorView
  /** How the editor shows a heading. */
  heading: (id: string) => Heading | null
  /** Called when the mode has changed, or what is laid out. */
  onChange: () => void
}

export class AuthorshipLayer {
  mode: ViewMode = rememberedMode()
  readonly views = createViews(this.mode, (mode) => this.choose(mode))
  readonly legend = createLegend()
  readonly line: ReturnType<typeof createLine>
  readonly redline: ReturnType<typeof createRedline>
  private readonly authorship: Authorship
  private readonly history: WordHistory
  private readonly painter: Painter
  private readonly view: EditorView
  private readonly live: LiveChapter
  private readonly onChange: () => void
  private readonly stopWalking: () => void

  constructor({ live, me, view, heading, onChange }: LayerOptions) {
    this.live = live
    this.view = view
    this.onChange = onChange
    this.authorship = new Authorship(live.doc, me, (client, start, end) => live.confirmations.has(client, start, end))
    this.painter = new Painter(view, live.text, this.authorship, () => this.painted())
    this.line = createLine(this.authorship)
    this.history = new WordHistory(live.chapter.id)
    this.redline = createRedline({ chapter: live.chapter, heading, onDraw: onChange })
    this.stopWalking = createWalk(view, {
      on: () => this.colouring !== null,
      blocks: () => blocksOf(view.state.doc, live.text) ?? [],
      runs: (text) => this.authorship.runs(text),
      point: (stretch) => this.point(stretch),
    })
    view.dom.addEventListener('mouseover', this.hovered)
    view.dom.addEventListener('mouseleave', this.unhovered)
    view.dom.addEventListener('focus', this.follow)
    live.doc.on('update', this.redline.changed)
    live.confirmations.on('change', this.confirmed)
    this.apply()
  }

  /** How the words are coloured, if they are. */
  get colouring(): Colouring | null {
    return this.mode === 'group' || this.mode === 'delegation' ? this.mode : null
  }

  /** Whether the redline stands in place of the editor. */
  get inRedline(): boolean {
    return this.mode === 'redline'
  }

  /** The paragraphs that are shown. */
  get text(): HTMLElement {
    return this.inRedline ? this.redline.text : this.view.dom
  }

  private choose(mode: ViewMode): void {
    this.mode = mode
    this.apply()
    this.onChange()
  }

  private apply(): void {
    const { colouring } = this
    if (colouring === null) this.authorship.rest()
    else this.authorship.follow()
    this.painter.show(colouring)
    this.redline.show(this.inRedline)
    this.legend.show(null)
    if (colouring !== null) this.legend.show(this.shares)
    this.follow()
  }

  private readonly shares = () => sharesOf(this.live.text, this.authorship, this.colouring ?? 'group')

  private painted(): void {
    if (this.colouring !== null) this.legend.show(this.shares)
    this.follow()
  }

  private readonly confirmed = (): void => this.authorship.confirmed()

  /** Brings the line of the author to where the caret is. */
  readonly follow = (): void => {
    const { view } = this
    if (this.colouring === null) return this.line.hide()
    if (document.activeElement !== view.dom) return
    if (!view.editable) return paintOf(view.state).pointed === null ? this.line.hint(READER_HINT) : undefined
    const blocks = blocksOf(view.state.doc, this.live.text)
    const stretch = blocks && stretchAt(blocks, view.state.selection.head, (text) => this.authorship.runs(text))
    this.line.say(stretch && this.said(stretch, view.state.selection.head - 1))
  }

  /** What is to be said of some words, with when they were written and who moved them, unless one wrote them oneself. */
  private said({ from, to, tag }: Stretch, position = from): Said {
    const place = this.view.state.doc.resolve(from)
    const node = place.node(1)
    const paragraph = String(node.attrs.id ?? '')
    const offset = place.parentOffset + Math.max(0, position - from)
    const letter = { paragraph, words: node.textContent, offset }
    const asked = paragraph !== '' && tag !== null && tag !== DRAFT && !this.authorship.isOwn(tag)
    return { tag, place: `${paragraph} ${place.parentOffset} ${to - from}`, letter: offset, ...(asked && { more: () => this.history.of(letter) }) }
  }

  private point(stretch: Stretch): void {
    const { view } = this
    put(view, { pointed: stretch })
    const { state } = view
    const label = state.doc.resolve(stretch.from).node(1).attrs.label as string
    const words = state.doc.textBetween(stretch.from, stretch.to, ' ', ' ')
    const excerpt = words.length > 60 ? `${words.slice(0, 60)}…` : words
    this.line.say({ ...this.said(stretch), before: `${label === '' ? '' : `${label}: `}“\u2068${excerpt}\u2069” ` })
    view.dom.querySelector('.is-pointed')?.scrollIntoView({ block: 'nearest' })
  }

  private readonly hovered = ({ target }: Event): void => {
    const run = target instanceof Element ? target.closest<HTMLElement>('[data-by]') : null
    this.line.hover(this.colouring === null ? undefined : run?.dataset.by)
  }

  private readonly unhovered = (): void => this.line.hover(undefined)

  destroy(): void {
    this.live.doc.off('update', this.redline.changed)
    this.live.confirmations.off('change', this.confirmed)
    this.stopWalking()
    this.painter.destroy()
    this.authorship.rest()
    this.views.destroy()
    this.legend.destroy()
    this.redline.destroy()
  }
}
