/** One open chapter: its document, this browser's copy, the connection, and what is true of them right now. */

import { ObservableV2 } from 'lib0/observable'
import type { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { api, type Chapter, type Participant } from './api'
import { Confirmations, type UnconfirmedText } from './confirm'
import { noteUnsaved, OfflineCopy } from './offline'
import { connect, type Notice } from './provider'
import { ensureFresh } from './session'

const KEEP_MS = 1_500
const PROBE_MS = 3_000

export type State = 'saved' | 'saving' | 'offline' | 'read-only' | 'loading'

export interface Standing {
  state: State
  /** Changes that the server has not confirmed. */
  changes: number
  connected: boolean
  /** Why nothing can be saved, or edited, if that is so. */
  halt: 'rights' | 'storage' | null
  /** Whether the server could not be reached, or was lost, at least once. */
  failed: boolean
  /** Whether this browser keeps a copy at all. */
  keeps: boolean
}

/** Why the server ended the session for good: the close code and the words with it. */
export interface Ending {
  code: number
  reason: string
}

interface Events {
  change: () => void
  notice: (notice: Notice) => void
  'before-update': () => void
  /** The server will not have this copy back as it is. */
  ended: (ending: Ending) => void
  /** The connection broke; it is being tried again. */
  interrupted: (code: number) => void
}

export class LiveChapter extends ObservableV2<Events> {
  private halt: Standing['halt'] = null
  private loaded = false
  private noted = -1
  private everSynced = false
  private everFailed = false
  private keepTimer: ReturnType<typeof setTimeout> | undefined
  private probeTimer: ReturnType<typeof setInterval> | undefined
  private readonly provider: WebsocketProvider

  private constructor(
    public chapter: Chapter,
    readonly participant: Participant,
    readonly doc: Y.Doc,
    private readonly copy: OfflineCopy,
    readonly confirmations: Confirmations,
  ) {
    super()
    this.provider = connect({
      chapter: chapter.id,
      doc,
      confirmations,
      mayWrite: () => this.mayWrite,
      onNotice: (notice) => this.noticed(notice),
      beforeUpdate: () => this.emit('before-update', []),
    })
    this.listen()
  }

  /** Opens a chapter from this browser's copy, if there is one, and connects it. */
  static async open(chapter: Chapter, participant: Participant): Promise<LiveChapter> {
    const doc = new Y.Doc()
    const copy = await OfflineCopy.open(participant.id, chapter.id, doc)
    let provider: unknown
    const confirmations = new Confirmations(doc, ({ origin }) => origin === provider)
    const kept = await copy.confirmed()
    if (kept) confirmations.restore(kept)
    const live = new LiveChapter(chapter, participant, doc, copy, confirmations)
    provider = live.provider
    live.loaded = live.text.length > 0
    return live
  }

  get text(): Y.XmlFragment {
    return this.doc.getXmlFragment('default')
  }

  get awareness() {
    return this.provider.awareness
  }

  get mayWrite(): boolean {
    return this.chapter.may_write && this.halt !== 'rights'
  }

  /** Whether there is a text to show: from the server, or from this browser's copy. */
  get ready(): boolean {
    return this.loaded || this.everSynced
  }

  get standing(): Standing {
    const connected = this.provider.wsconnected && this.provider.synced
    const changes = this.mayWrite && !this.confirmations.allConfirmed ? this.confirmations.count() : 0
    return { state: this.state(connected, changes), changes, connected, halt: this.halt, failed: this.everFailed, keeps: this.copy.keeps }
  }

  private state(connected: boolean, changes: number): State {
    const connecting = !this.everSynced && !this.everFailed
    if (!this.ready || (!connected && connecting)) return 'loading'
    if (!connected) return 'offline'
    if (!this.mayWrite) return 'read-only'
    if (this.halt === 'storage') return 'offline'
    return changes > 0 ? 'saving' : 'saved'
  }

  connect(): void {
    this.provider.connect()
  }

  private listen(): void {
    const changed = () => this.changed()
    this.provider.on('status', changed)
    this.provider.on('sync', (synced) => {
      this.everSynced ||= synced
      changed()
    })
    this.provider.on('closed', (ending) => this.emit('ended', [ending]))
    this.provider.on('connection-close', (event) => {
      this.everFailed = true
      this.changed()
      void ensureFresh()
      this.emit('interrupted', [event?.code ?? 0])
    })
    this.confirmations.on('change', changed)
    addEventListener('offline', this.lost)
    addEventListener('online', this.regained)
    addEventListener('pagehide', this.keepNow)
    addEventListener('beforeunload', this.warn)
  }

  private changed(): void {
    this.noteUnsaved()
    this.emit('change', [])
    this.keepTimer ??= setTimeout(this.keepNow, KEEP_MS)
  }

  private noteUnsaved(): void {
    const { changes } = this.standing
    if (changes !== this.noted) noteUnsaved(this.participant.id, this.chapter.id, changes)
    this.noted = changes
  }

  private readonly keepNow = (): void => {
    clearTimeout(this.keepTimer)
    this.keepTimer = undefined
    void this.copy.setConfirmed(this.confirmations.save())
  }

  private readonly warn = (event: BeforeUnloadEvent): void => {
    if (!this.copy.keeps && this.standing.changes > 0) event.preventDefault()
  }

  private noticed(notice: Notice): void {
    if (notice.type !== 'read-only' && notice.type !== 'read-write') return this.emit('notice', [notice])
    this.halt = notice.type === 'read-write' ? null : notice.reason === 'storage' ? 'storage' : 'rights'
    if (notice.type === 'read-write') void this.askRights()
    this.emit('notice', [notice])
    this.changed()
  }

  private async askRights(): Promise<void> {
    this.chapter = await api.chapter(this.chapter.id).catch(() => this.chapter)
    this.changed()
  }

  /** A lost network is said at once: the socket itself may not notice for half a minute. */
  private readonly lost = (): void => {
    this.everFailed = true
    this.provider.disconnect()
    clearInterval(this.probeTimer)
    this.probeTimer = setInterval(() => void this.probe(), PROBE_MS)
    this.changed()
  }

  /** Some machines say "offline" though the server is within reach, so it is asked now and then. */
  private async probe(): Promise<void> {
    const answered = await fetch('/api/session', { cache: 'no-store' }).then(() => true, () => false)
    if (answered) this.regained()
  }

  private readonly regained = (): void => {
    clearInterval(this.probeTimer)
    this.probeTimer = undefined
    void ensureFresh().finally(() => this.provider.connect())
  }

  /** The words that the server has not confirmed. */
  unconfirmedText(): UnconfirmedText[] {
    return this.confirmations.text()
  }

  /** Throws this copy away, here and in the database. */
  async discard(): Promise<void> {
    this.leave()
    await this.copy.discard()
    noteUnsaved(this.participant.id, this.chapter.id, 0)
    this.doc.destroy()
  }

  /** Leaves the chapter; the copy stays. */
  async close(): Promise<void> {
    this.keepNow()
    this.leave()
    await this.copy.close()
    this.doc.destroy()
  }

  private leave(): void {
    clearTimeout(this.keepTimer)
    clearInterval(this.probeTimer)
    removeEventListener('offline', this.lost)
    removeEventListener('online', this.regained)
    removeEventListener('pagehide', this.keepNow)
    removeEventListener('beforeunload', this.warn)
    this.confirmations.destroy()
    this.provider.destroy()
    this.destroy()
  }
}
