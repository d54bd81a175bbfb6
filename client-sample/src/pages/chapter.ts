/** One chapter: its text, what stands beside it, who is here, and whether every word is saved. */

import type { Node } from 'prosemirror-model'
import type { EditorView } from 'prosemirror-view'
import { alignNotes } from '../align'
import { api, ApiError, type Chapter, type Participant } from '../api'
import { AuthorshipLayer } from '../authorship/layer'
import type { Heading } from '../authorship/redline-text'
import { createComments, type Comments } from '../comments'
import { h, icon } from '../dom'
import { marking } from '../editor/commands'
import { createEditor, currentParagraph, elementOf, goTo } from '../editor/editor'
import { highlight } from '../editor/highlight'
import { headingLevel } from '../editor/schema'
import { takeUp } from '../editor/takeup'
import { GavelLayer } from '../gavel/layer'
import { LiveChapter, type Ending } from '../live'
import { createNotices } from '../notice'
import { rememberedList } from '../offline'
import { createOutline } from '../outline'
import { createPapers, type Papers } from '../papers/panel'
import { personBar } from '../person'
import { createPresence } from '../presence'
import { rescueCard } from '../rescue'
import { session } from '../session'
import { createStatus } from '../status'
import { createToolbar } from '../toolbar'
import { bannersFor, endingPage, TOO_BIG } from './chapter-words'
import type { Landing } from './landing'
import type { Page } from './page'

const TOO_BIG_CODE = 1009
const REFUSED_CODE = 4400
const SIGNED_OUT_CODE = 4401
/** A second 4401 within this time is believed, whatever the session says. */
const SECOND_CHANCE_MS = 10_000

const WIDE = '(min-width: 800px)'

export interface ChapterRoutes {
  navigate: (path: string) => void
  /** Shows this chapter again from the beginning; `card` is put above it. */
  reload: (card?: HTMLElement) => void
  /** Ends with a page that says why. */
  end: (message: Landing) => void
  /** Called on 4401: true when the person is signed in after all. */
  stillIn: () => Promise<boolean>
}

/** Opens a chapter. Throws `ApiError` when there is none, or it may not be read, or it is not on this device while offline. */
export async function chapterPage(id: string, routes: ChapterRoutes, card?: HTMLElement): Promise<Page> {
  const me = session.body!.participant
  const live = await LiveChapter.open(await findChapter(id, me), me)
  return new ChapterPage(live, me, routes, card).start()
}

async function findChapter(id: string, me: Participant): Promise<Chapter> {
  try {
    return await api.chapter(id)
  } catch (error) {
    const kept = rememberedList(me.id).find((each) => each.id === id)
    if (kept && error instanceof ApiError && (error.status === 0 || error.status >= 500)) return kept
    throw error
  }
}

/** The id of the line of the text that says the chapter's title, if one does. */
function titleLine(doc: Node, title: string): string | null {
  const says = (node: Node) => node.type.name === 'heading' && Number(node.attrs.level) === 1 && node.textContent.trim() === title
  return (doc.children.find(says)?.attrs.id as string | undefined) ?? null
}

class ChapterPage {
  private readonly notices = createNotices()
  private readonly status = createStatus()
  private readonly title = h('h1', { dir: 'auto', tabindex: '-1' })
  private readonly waiting = h('p', { class: 'waiting', role: 'status' }, 'Loading the text…')
  private readonly aboveText = h('div', {})
  private readonly place = h('div', { class: 'text-place' })
  private readonly side = h('details', { class: 'side' }, h('summary', {}, 'Sections and people'))
  private readonly outline = createOutline((paragraph) => this.choose(paragraph))
  private readonly presence: ReturnType<typeof createPresence>
  private readonly editor: ReturnType<typeof createEditor>
  private readonly toolbar: ReturnType<typeof createToolbar>
  private readonly comments: Comments
  private readonly layer: AuthorshipLayer
  private readonly gavel: GavelLayer
  private readonly papers: Papers
  private readonly sizes = new ResizeObserver(() => this.arrange())
  private readonly wide = matchMedia(WIDE)
  private frame = 0
  private noted = '[]'
  private titleLine: string | null = null
  private current: string | null = null
  private editable = false
  private arrived = false
  private left = false
  private secondChance = 0

  constructor(
    private readonly live: LiveChapter,
    private readonly me: Participant,
    private readonly routes: ChapterRoutes,
    private readonly card?: HTMLElement,
  ) {
    this.presence = createPresence(live.awareness, me)
    this.gavel = new GavelLayer({ live, me, onChoose: (paragraph) => this.choose(paragraph), onChange: () => this.arrange(), onRights: () => this.refresh() })
    this.editor = createEditor({
      place: this.place,
      fragment: live.text,
      awareness: live.awareness,
      participant: me.id,
      label: `Text of ${live.chapter.title}`,
      editable: () => live.ready && live.mayWrite,
      gavel: this.gavel,
      onUpdate: () => this.arrange(),
    })
    this.layer = new AuthorshipLayer({ live, me, view: this.view, heading: (id) => this.heading(id), onChange: () => this.refresh() })
    this.toolbar = createToolbar(this.view, { ...marking, ...this.gavel.waiting })
    this.comments = createComments({
      live,
      text: () => this.view.state.doc,
      onChoose: (paragraph) => this.choose(paragraph),
      onDone: () => this.view.focus(),
    })
    this.papers = createPapers({ live, onNews: (words) => this.gavel.speaker.say(words), onBroughtIn: () => void this.gavel.loadCards() })
  }

  private get view(): EditorView {
    return this.editor.view
  }

  start(): Page {
    this.side.append(this.outline.element, this.presence.element, this.gavel.log.element)
    this.listen()
    this.gavel.start(this.view)
    this.fold()
    this.retitle()
    this.refresh()
    this.live.connect()
    return { title: this.title.textContent ?? '', elements: this.elements(), leave: () => this.leave() }
  }

  // What it is made of

  private elements(): HTMLElement[] {
    const toText = (event: Event) => {
      event.preventDefault()
      this.layer.text.focus()
    }
    const { redline, line } = this.layer
    const { tally, bar, cards, speaker, heard } = this.gavel
    const parts = [this.aboveText, this.title, tally.element, this.waiting, this.place, redline.element, line.element, bar.element]
    const text = h('main', { id: 'text', class: 'paper', tabindex: '-1' }, ...parts)
    return [
      h('a', { class: 'skip', href: '#text', onclick: toText }, 'Skip to the text'),
      this.header(),
      h('div', { class: 'above' }, this.notices.element, this.card),
      h('div', { class: 'columns' }, this.side, text, this.comments.element),
      cards.element,
      this.papers.element,
      speaker.element,
      heard,
    ]
  }

  private header(): HTMLElement {
    const { live, me } = this
    const tools = h('div', { class: 'toolbar-place' }, this.toolbar.element, live.chapter.may_comment && this.commentButton())
    return h(
      'header',
      { class: 'topbar' },
      h('a', { class: 'back', href: '/' }, icon('back'), h('span', {}, 'Chapters')),
      this.layer.views.element,
      tools,
      h('div', { class: 'spacer' }),
      this.papers.button,
      this.status.element,
      personBar(me, () => this.leave(), () => this.routes.navigate('/')),
    )
  }

  private commentButton(): HTMLElement {
    const write = () => this.comments.write(currentParagraph(this.view))
    const button = h(
      'button',
      { type: 'button', class: 'tool wide', title: 'Comment on this paragraph (Ctrl+Alt+M)', onclick: write },
      icon('comment'),
      h('span', {}, 'Comment'),
    )
    button.addEventListener('mousedown', (event) => event.preventDefault())
    return button
  }

  // What it listens to

  private listen(): void {
    const { live } = this
    live.doc.getMap('meta').observe(this.retitle)
    live.doc.getMap('comments').observe(this.arrange)
    live.doc.getMap('sources').observe(this.arrange)
    live.on('before-update', () => takeUp(this.view))
    live.on('change', () => this.refresh())
    live.on('interrupted', (code) => this.interrupted(code))
    live.on('ended', (ending) => void this.ended(ending))
    document.addEventListener('keydown', this.keys)
    this.wide.addEventListener('change', this.fold)
    this.sizes.observe(this.place)
    this.sizes.observe(this.layer.redline.element)
    this.sizes.observe(this.comments.element)
  }

  private readonly keys = (event: KeyboardEvent): void => {
    const asked = (event.ctrlKey || event.metaKey) && event.altKey && event.code === 'KeyM'
    if (!asked || !this.live.chapter.may_comment) return
    event.preventDefault()
    this.comments.write(currentParagraph(this.view))
  }

  /** Where there is no room for a column of its own, the sections are folded away, and the legend stands above the text. */
  private readonly fold = (): void => {
    this.side.open = this.wide.matches
    this.layer.legend.fold(this.wide.matches)
    if (this.wide.matches) this.side.prepend(this.side.querySelector('summary')!, this.layer.legend.element)
    else this.aboveText.append(this.layer.legend.element)
  }

  private readonly retitle = (): void => {
    const written = this.live.doc.getMap('meta').get('title')
    const title = typeof written === 'string' && written !== '' ? written : this.live.chapter.title
    this.title.textContent = title
    document.title = `${title} — Adref`
  }

  // What it shows

  /** Shows what is true of the connection and the rights now. */
  private refresh(): void {
    const { live } = this
    const { standing } = live
    this.status.show(standing)
    this.papers.show()
    for (const [topic, banner] of bannersFor(standing, live.chapter, this.gavel.person)) this.notices.show(topic, banner)
    this.waiting.hidden = live.ready
    this.waiting.textContent = standing.failed ? 'The server cannot be reached. The text is shown as soon as it can.' : 'Loading the text…'
    this.place.hidden = !live.ready || this.layer.inRedline
    this.toolbar.element.hidden = !live.mayWrite || this.layer.inRedline
    if (this.editable !== (live.ready && live.mayWrite)) {
      this.editable = !this.editable
      this.view.setProps({})
    }
    this.arrange()
    if (live.ready) this.arrive()
  }

  /** Brings what stands around the text up to date with it, once for each picture that the browser draws. */
  private readonly arrange = (): void => {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0
      if (this.left) return
      this.toolbar.show()
      this.outline.show(this.view.state.doc)
      this.showTitle()
      this.comments.show()
      this.markCurrent()
      this.markNoted()
      alignNotes(this.comments.element, this.layer.text)
      this.layer.follow()
      this.gavel.follow(!this.layer.inRedline)
      this.comments.settle()
    })
  }

  /** The chapter's title stands above the text, unless the text itself bears it. */
  private showTitle(): void {
    const said = titleLine(this.view.state.doc, this.title.textContent ?? '')
    this.title.classList.toggle('visually-hidden', said !== null)
    if (said === this.titleLine) return
    this.titleLine = said
    highlight(this.view, { title: said })
  }

  private heading(id: string): Heading | null {
    const node = this.view.state.doc.children.find((each) => each.type.name === 'heading' && each.attrs.id === id)
    return node ? { level: headingLevel(node), written: Number(node.attrs.level), isTitle: id === this.titleLine } : null
  }

  private markCurrent(): void {
    if (this.view.hasFocus()) this.current = currentParagraph(this.view)
    for (const group of this.comments.element.querySelectorAll<HTMLElement>('.note-group')) {
      group.classList.toggle('is-current', group.dataset.paragraph === this.current)
    }
  }

  private markNoted(): void {
    const notes = this.comments.inWords()
    const words = JSON.stringify([...notes])
    if (words === this.noted) return
    this.noted = words
    highlight(this.view, { notes })
  }

  private choose(paragraph: string): void {
    if (this.layer.inRedline) elementOf(this.layer.text, paragraph)?.scrollIntoView({ block: 'center' })
    else goTo(this.view, paragraph)
  }

  /** Goes to the paragraph that the address names, once there is a text. */
  private arrive(): void {
    if (this.arrived) return
    this.arrived = true
    const wanted = decodeURIComponent(location.hash.slice(1))
    if (wanted !== '') requestAnimationFrame(() => this.choose(wanted))
  }

  // How it ends

  private interrupted(code: number): void {
    const actions = [{ label: 'Set it aside', run: () => void this.setAside() }]
    this.notices.show('too-big', code === TOO_BIG_CODE ? { ...TOO_BIG, actions } : null)
  }

  private async ended({ code, reason }: Ending): Promise<void> {
    if (code === REFUSED_CODE) return this.setAside()
    if (code === SIGNED_OUT_CODE && Date.now() - this.secondChance > SECOND_CHANCE_MS && (await this.routes.stillIn())) {
      this.secondChance = Date.now()
      return this.live.connect()
    }
    await this.leave()
    this.routes.end(endingPage(code, reason, () => this.routes.navigate('/')))
  }

  /** Throws this copy away, loads the chapter afresh, and gives its author the words that were not saved. */
  private async setAside(): Promise<void> {
    const words = this.live.unconfirmedText()
    const rescue = words.length > 0 ? rescueCard(words, () => rescue!.remove()) : this.card
    await this.leave(() => this.live.discard())
    this.routes.reload(rescue)
  }

  private async leave(end: () => Promise<void> = () => this.live.close()): Promise<void> {
    if (this.left) return
    this.left = true
    document.removeEventListener('keydown', this.keys)
    this.wide.removeEventListener('change', this.fold)
    this.sizes.disconnect()
    cancelAnimationFrame(this.frame)
    this.presence.destroy()
    this.layer.destroy()
    this.gavel.destroy()
    this.papers.destroy()
    this.editor.destroy()
    await end()
  }
}
