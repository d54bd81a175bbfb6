/** This browser's own copies of chapters: one database for each participant and chapter. */

import * as idb from 'lib0/indexeddb'
import { IndexeddbPersistence, PREFERRED_TRIM_SIZE, storeState } from 'y-indexeddb'
import type * as Y from 'yjs'
import type { Chapter } from './api'
import type { ConfirmedState } from './confirm'

const PREFIX = 'adref:'

const copyName = (participant: string, chapter: string) => `${PREFIX}${participant}:${chapter}`
const unsavedKey = (participant: string, chapter: string) => `${PREFIX}unsaved:${participant}:${chapter}`
const listKey = (participant: string) => `${PREFIX}list:${participant}`

/** The copy of one open chapter. Without a database (some private windows have none) it keeps nothing. */
export class OfflineCopy {
  private constructor(private readonly persistence: IndexeddbPersistence | null) {}

  /** Opens the copy and loads what it holds into `doc`. */
  static async open(participant: string, chapter: string, doc: Y.Doc): Promise<OfflineCopy> {
    try {
      await probe()
      const persistence = new IndexeddbPersistence(copyName(participant, chapter), doc)
      await persistence.whenSynced
      commitAtOnce(persistence)
      return new OfflineCopy(persistence)
    } catch {
      return new OfflineCopy(null)
    }
  }

  get keeps(): boolean {
    return this.persistence !== null
  }

  owns(origin: unknown): boolean {
    return origin !== null && origin === this.persistence
  }

  async confirmed(): Promise<ConfirmedState | undefined> {
    return (await this.persistence?.get('confirmed')) as ConfirmedState | undefined
  }

  async setConfirmed(state: ConfirmedState): Promise<void> {
    // The library takes any value that can be cloned; its types name only the simple ones.
    await this.persistence?.set('confirmed', state as unknown as string).catch(() => undefined)
  }

  close(): Promise<void> {
    return this.persistence === null ? Promise.resolve() : Promise.resolve(this.persistence.destroy())
  }

  /** Empties the copy. Not a deletion of the database: that would wait for every other tab that has it open. */
  async discard(): Promise<void> {
    const db = this.persistence?.db
    if (!db) return
    const [updates, custom] = idb.transact(db, ['updates', 'custom'])
    await Promise.all([updates!, custom!].map((store) => idb.rtop(store.clear())))
    await this.close()
  }
}

/** Asks for each change to be committed as it is written: a window closed right after a word has not lost it. */
function commitAtOnce(persistence: IndexeddbPersistence): void {
  const { doc, _storeUpdate: store } = persistence
  let trimming = false
  doc.off('update', store)
  persistence._storeUpdate = (update: Uint8Array, origin: unknown) => {
    if (persistence.db === null || origin === persistence) return
    const [updates] = idb.transact(persistence.db, ['updates'])
    void idb.addAutoKey(updates!, update as unknown as string)
    updates!.transaction.commit()
    if (++persistence._dbsize < PREFERRED_TRIM_SIZE || trimming) return
    trimming = true
    void storeState(persistence, false).finally(() => (trimming = false))
  }
  doc.on('update', persistence._storeUpdate)
}

/** y-indexeddb waits for ever where a database can't be opened, so it is tried beforehand. */
async function probe(): Promise<void> {
  if (!('indexedDB' in globalThis)) throw new Error('no database')
  const db = await idb.openDB(`${PREFIX}probe`, () => undefined)
  db.close()
  await idb.deleteDB(`${PREFIX}probe`)
}

/** Remembers how many changes of a chapter wait on this device, so that signing out can warn. */
export function noteUnsaved(participant: string, chapter: string, changes: number): void {
  const key = unsavedKey(participant, chapter)
  if (changes > 0) localStorage.setItem(key, String(changes))
  else localStorage.removeItem(key)
}

export function unsaved(participant: string, chapter: string): number {
  return Number(localStorage.getItem(unsavedKey(participant, chapter)) ?? 0)
}

/** All changes of this participant that wait on this device, over all chapters. */
export function allUnsaved(participant: string): number {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(unsavedKey(participant, '')))
  return keys.reduce((sum, key) => sum + Number(localStorage.getItem(key)), 0)
}

/** The list of chapters as last seen, for when the server can't be reached. */
export function rememberList(participant: string, chapters: Chapter[]): void {
  localStorage.setItem(listKey(participant), JSON.stringify(chapters))
}

export function rememberedList(participant: string): Chapter[] {
  return JSON.parse(localStorage.getItem(listKey(participant)) ?? '[]') as Chapter[]
}

/** Removes everything that this browser keeps for a participant. */
export async function forgetEverything(participant: string): Promise<void> {
  const chapters = rememberedList(participant).map(({ id }) => copyName(participant, id))
  const known = indexedDB.databases ? (await indexedDB.databases()).map(({ name }) => name ?? '') : chapters
  for (const name of known.filter((each) => each.startsWith(copyName(participant, '')))) indexedDB.deleteDatabase(name)
  const mine = [unsavedKey(participant, ''), listKey(participant)]
  for (const key of Object.keys(localStorage)) if (mine.some((start) => key.startsWith(start))) localStorage.removeItem(key)
}
