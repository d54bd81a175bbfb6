/** The gavel on a chapter's page: locks and statuses in the text, the counters, the log, the chair's bar, what was set aside. */

import type { Node } from 'prosemirror-model'
import type { EditorView } from 'prosemirror-view'
import { api, type Kept, type Participant } from '../api'
import { sentence } from '../dom'
import { currentParagraph } from '../editor/editor'
import type { LiveChapter } from '../live'
import type { Notice } from '../provider'
import { loadSession } from '../session'
import { createBar, type Bar } from './bar'
import { createCards } from './cards'
import { closingAtCaret, gavelPlugin, putSheet } from './guard'
import { Hold, holds, type Closing } from './hold'
import { createLog } from './log'
import type { Mark } from './marks'
import { isHere, whoIsHere, type Here } from './people'
import { mayRule, seesAll, type Subject } from './powers'
import { readLog, readRulings, type Ruling, type Rulings, type Status } from './rulings'
import { createSpeaker } from './say'
import { placesIn, subjectOf } from './subject'
import { countStatuses, createTally } from './tally'
import { Waiting } from './undo'
import { capital, chipWords, inOneLine, isolated, lockWords, refusal } from './words'

const ROOTS = ['locks', 'statuses', 'rulings']
const LOOK_AGAIN_MS = 20_000
const ASK_AGAIN_MS = 700
const EDGE = 5
/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1

export interface GavelOptions {
  live: LiveChapter
  me: Participant
  onChoose: (paragraph: string) => void
  /** Called when the text shows something else, or is laid out otherwise. */
  onChange: () => void
  /** Called when the person's role or delegation is another than before. */
  onRights: () => void
}

export class GavelLayer {
  readonly tally = createTally()
  readonly log = createLog()
  readonly speaker = createSpeaker()
  readonly cards: ReturnType<typeof createCards>
  readonly bar: Bar
  readonly plugin = gavelPlugin((closing) => this.refused(closing))
  readonly waiting = new Waiting((closing) => this.refused(closing))
  private readonly live: LiveChapter
  private me: Participant
  private readonly onChange: () => void
  private readonly onRights: () => void
  /** How far from the edges of the window the caret is kept: the bar must not cover what is being written. */
  readonly margins = { top: EDGE, right: EDGE, bottom: EDGE, left: EDGE }
  private view: EditorView | null = null
  private rulings: Rulings = { locks: new Map(), standings: new Map() }
  private hold: Hold
  private acts: readonly Ruling[] | null = null
  private version = 0
  private due = false
  private here: Here
  private foreign: ReadonlySet<string> = new Set()
  private counted: [Node, Rulings] | null = null
  /** How many paragraphs there were when rights were last asked for. */
  private asked = 0
  private told = ''
  private dueTimer: ReturnType<typeof setTimeout> | undefined
  private askTimer: ReturnType<typeof setTimeout> | undefined
  private lookTimer: ReturnType<typeof setInterval> | undefined
  private wasConnected = false

  constructor({ live, me, onChoose, onChange, onRights }: GavelOptions) {
    this.live = live
    this.me = me
    this.onChange = onChange
    this.onRights = onRights
    this.here = whoIsHere(live.awareness)
    this.hold = new Hold(this.rulings, me)
    this.cards = createCards({
      chapter: live.chapter.id,
      me: me.id,
      mayPropose: () => live.chapter.may_comment,
      onChoose,
      onOpen: () => void this.loadCards(),
      onDone: () => this.view?.focus(),
    })
    this.bar = createBar({
      me: () => this.me,
      say: (words) => this.speaker.say(words),
      onDone: () => this.view?.focus(),
      acts: {
        lock: (key, lock) => api.lock(live.chapter.id, key, lock),
        release: (key, reason) => api.release(live.chapter.id, key, reason),
        status: (subject, status, reason) => this.setStatus(subject, status, reason),
        people: () => api.participants(),
      },
    })
  }

  /** Begins, with the editor that has `plugin`. */
  start(view: EditorView): void {
    this.view = view
    const { live } = this
    for (const root of ROOTS) live.doc.getMap(root).observe(this.ruled)
    live.awareness.on('change', this.moved)
    live.on('notice', this.noticed)
    live.on('change', this.connected)
    document.addEventListener('keydown', this.keys)
    // Others' edits are not announced to those who see them all.
    this.lookTimer = setInterval(() => seesAll(this.me) && void this.loadCards(), LOOK_AGAIN_MS)
    this.take()
  }

  /** The signed-in person, with the role of now. */
  get person(): Participant {
    return this.me
  }

  // What it hears

  /** Not within the Yjs transaction: the editor must have taken up all of it before it is told of anything. */
  private readonly ruled = (): void => {
    if (this.due) return
    this.due = true
    queueMicrotask(() => {
      this.due = false
      if (!this.view?.isDestroyed) this.take()
    })
  }

  private take(): void {
    this.rulings = readRulings(this.live.doc)
    this.acts = null
    this.version++
    this.judge()
    if (this.foreign.size > 0) this.askRights()
  }

  /** Works out anew what is closed to this person, and shows it. */
  private judge(): void {
    this.hold = new Hold(this.rulings, this.me, this.foreign)
    this.show()
    if (this.view) this.waiting.release(this.view.state)
    this.onChange()
  }

  /** Shows it at once: what is ruled now counts for the very next key. */
  private show(): void {
    const { hold, view } = this
    if (view) putSheet(view, { hold, mark: this.marker(Date.now()) })
    clearTimeout(this.dueTimer)
    const due = [...this.rulings.locks.values()].map(({ until }) => Date.parse(until) - Date.now()).filter((wait) => wait > 0)
    if (due.length > 0) this.dueTimer = setTimeout(() => this.show(), Math.min(Math.min(...due) + 500, LONGEST_MS))
  }

  private readonly moved = (): void => {
    const before = this.presence()
    this.here = whoIsHere(this.live.awareness)
    if (this.presence() !== before) this.show()
  }

  /** Of whose locks somebody is here. */
  private presence(): string {
    return [...this.rulings.locks.values()].map(({ holder }) => Number(isHere(this.here, holder))).join('')
  }

  private readonly noticed = (notice: Notice): void => {
    if (notice.type === 'set-aside') this.setAside(notice)
    else this.askRights()
  }

  private setAside(kept: Kept): void {
    const place = kept.label === '' ? 'a paragraph' : `paragraph ${isolated(kept.label)}`
    // Where there was nothing to keep, as of a format, there is no card.
    if (kept.number === 0) return this.speaker.say(`Your change in ${place} was undone. ${sentence(kept.reason)}`)
    this.cards.put({ ...kept, participant: this.me.id, updated: new Date().toISOString() })
    this.speaker.say(`Your words in ${place} were set aside. They are kept for you on a card.`)
  }

  private readonly connected = (): void => {
    const { connected } = this.live.standing
    if (connected && !this.wasConnected) {
      void this.loadCards()
      this.askRights()
    }
    this.wasConnected = connected
  }

  private readonly keys = (event: KeyboardEvent): void => {
    const asked = (event.ctrlKey || event.metaKey) && event.altKey && event.code === 'KeyG' && !event.getModifierState('AltGraph')
    if (!asked || !mayRule(this.me)) return
    event.preventDefault()
    this.bar.focus()
  }

  /** Shows what the server keeps of what was set aside. */
  async loadCards(): Promise<void> {
    if (!this.live.standing.connected) return
    const known = this.cards.numbers()
    await api.setAside(this.live.chapter.id, seesAll(this.me)).then((all) => this.cards.replace(all, known), () => undefined)
  }

  // Rights

  /** Asks what this person may now; several reasons to ask at once are one. */
  private askRights(): void {
    clearTimeout(this.askTimer)
    this.askTimer = setTimeout(() => void this.loadRights(), ASK_AGAIN_MS)
  }

  private async loadRights(): Promise<void> {
    const signedIn = await loadSession().catch(() => null)
    const me = signedIn?.participant ?? this.me
    const foreign = me.role === 'delegate' ? await this.loadForeign() : []
    if (foreign === null || this.view?.isDestroyed) return
    this.asked = this.view?.state.doc.childCount ?? 0
    if (me.role === this.me.role && me.delegation === this.me.delegation && foreign.join() === [...this.foreign].join()) return
    this.me = me
    this.foreign = new Set(foreign)
    this.judge()
    this.onRights()
  }

  /** The paragraphs that are not this person's to change while nothing is ruled. */
  private async loadForeign(): Promise<string[] | null> {
    const all = await api.paragraphs(this.live.chapter.id).catch(() => null)
    return all && all.filter(({ may_edit, lock, sealed }) => may_edit === false && !lock && !sealed).map(({ id }) => id)
  }

  // What it shows

  private marker(now: number): (node: Node) => Mark | null {
    const { rulings, hold, me, here } = this
    return (node) => {
      const id = String(node.attrs.id)
      const lock = hold.lockOn(id, node.type.name === 'heading')
      const closing = hold.of(node)
      const standing = rulings.standings.get(id)
      const foreign = closing?.by === 'right'
      if (lock === null && !foreign && (standing === undefined || standing.status === 'draft')) return null
      const whole = lock !== null && (lock.key === id || lock.scope === 'headings')
      const words = standing === undefined || standing.status === 'draft' ? null : chipWords(standing)
      return {
        closed: closing?.by ?? null,
        mine: lock !== null && holds(lock.holder, me),
        lock: whole ? lockWords(lock, me, isHere(here, lock.holder), now) : null,
        brief: lock !== null && !whole ? 'Locked with its section' : foreign ? 'With a breakout group: not open to you' : '',
        status: words && { status: standing!.status, ...words, void: standing!.voidAt !== null },
      }
    }
  }

  /** Brings what stands around the text up to date, once for each picture that the browser draws; `inText`: the editor is shown. */
  follow(inText: boolean): void {
    const { view, rulings } = this
    if (view === null || view.isDestroyed) return
    const { doc } = view.state
    if (this.counted?.[0] !== doc || this.counted[1] !== rulings) {
      this.counted = [doc, rulings]
      this.tally.show(countStatuses(doc, rulings))
    }
    if (this.foreign.size > 0 && doc.childCount !== this.asked) this.askRights()
    const current = currentParagraph(view)
    const acts = () => (this.acts ??= readLog(this.live.doc))
    this.log.show(acts, this.version, () => placesIn(doc), current)
    this.bar.show(inText && mayRule(this.me) ? subjectOf(doc, current, rulings, this.hold, this.here) : null)
    this.makeRoom(this.bar.element.offsetHeight)
    this.tellCaret(view)
  }

  private makeRoom(height: number): void {
    if (this.margins.bottom === height + EDGE) return
    this.margins.bottom = height + EDGE
    this.bar.element.parentElement?.style.setProperty('--gavel-bar', `${height}px`)
  }

  /** Says once, on coming into a closed paragraph, that it is closed. */
  private tellCaret(view: EditorView): void {
    const closing = view.hasFocus() ? closingAtCaret(view.state) : null
    const words = closing === null ? '' : this.closed(closing)
    const now = `${currentParagraph(view)} ${words}`
    if (now === this.told) return
    this.told = now
    this.heard.textContent = words
  }

  /** For those who hear the page: what the paragraph at the caret is closed by. */
  readonly heard = Object.assign(document.createElement('p'), { className: 'visually-hidden', role: 'status' })

  private closed(closing: Closing): string {
    if (closing.by !== 'lock') return refusal(closing, this.me)
    return inOneLine(lockWords(closing.lock, this.me, isHere(this.here, closing.lock.holder), Date.now()))
  }

  /** A status is set on the very text that is seen here, or not at all. */
  private async setStatus({ id, text, plain }: Subject, status: Status, reason: string): Promise<unknown> {
    const hash = plain && globalThis.crypto?.subtle ? await sha256(text) : undefined
    return api.setStatus(this.live.chapter.id, id, status, reason, hash)
  }

  private refused(closing: Closing): void {
    this.speaker.say(capital(refusal(closing, this.me)))
    this.onChange()
  }

  destroy(): void {
    const { live } = this
    for (const root of ROOTS) live.doc.getMap(root).unobserve(this.ruled)
    live.awareness.off('change', this.moved)
    live.off('notice', this.noticed)
    live.off('change', this.connected)
    document.removeEventListener('keydown', this.keys)
    clearTimeout(this.dueTimer)
    clearTimeout(this.askTimer)
    clearInterval(this.lookTimer)
  }
}

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
