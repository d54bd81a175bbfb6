/** What a chapter's page says about rights, connection and storage. */

import type { Chapter, Participant } from '../api'
import type { Standing } from '../live'
import type { Banner } from '../notice'
import type { Landing } from './landing'

export const TOO_BIG: Banner = {
  tone: 'warn',
  text: 'Your last change is too large to be sent at once, perhaps a very long paste. It is kept on this device only. You can set it aside: the chapter is loaded afresh, and your words are shown to you for copying.',
}

/** The banner of each topic for the state that a chapter is in; null where there is nothing to say. */
export function bannersFor(standing: Standing, chapter: Chapter, me: Participant): [string, Banner | null][] {
  return [
    ['rights', rights(standing, chapter, me)],
    ['storage', standing.halt === 'storage' && standing.connected ? { tone: 'warn', passing: true, text: 'The server cannot save at the moment. Keep writing: your words are kept on this device and are sent as soon as it can.' } : null],
    ['offline', offline(standing, chapter)],
    ['private', !standing.keeps && chapter.may_write ? { tone: 'warn', text: 'This browser window keeps nothing when it is closed. Please keep it open until the status says “Saved”.' } : null],
  ]
}

function rights(standing: Standing, chapter: Chapter, me: Participant): Banner | null {
  if (chapter.may_write && standing.halt !== 'rights') return null
  const comment = chapter.may_comment ? 'you can comment on it, but not change it' : 'you cannot change it'
  if (me.role === 'observer') return { tone: 'info', text: `You are reading as an observer. You see the text as it is written; ${comment}.` }
  if (chapter.may_write) return { tone: 'info', text: `You can no longer edit this chapter. You see the text as it is written; ${comment}.` }
  return { tone: 'info', text: `This chapter is open to you for reading. You see the text as it is written; ${comment}.` }
}

function offline({ connected, state }: Standing, chapter: Chapter): Banner | null {
  if (connected || state === 'loading') return null
  if (!chapter.may_write) return { tone: 'warn', passing: true, text: 'You are offline. The text may be out of date until the connection returns.' }
  return { tone: 'warn', passing: true, text: 'You are offline. Keep writing: your words stay on this device and are sent when the connection returns.' }
}

/** Why the server ended the session, as a page. */
export function endingPage(code: number, reason: string, back: () => void): Landing {
  if (code === 4401) {
    return { title: 'You are signed out', text: 'Your session has ended, or your access was withdrawn. Words that were not yet saved are kept on this device. Please open your invitation’s link again, or ask the secretariat.' }
  }
  if (code === 4403) return { title: 'This chapter is not open to you', text: 'If you should be able to read it, please tell the secretariat.', retry: back }
  if (code === 4404) return { title: 'This chapter is no longer here', text: 'It may have been withdrawn by the secretariat.', retry: back }
  if (code === 4423) {
    return { title: 'This page was disconnected', text: 'It kept writing where the text is locked. What it wrote there is set aside for you; open the chapter again to see it.', retry: back }
  }
  return { title: 'The server ended the session', text: `${reason || 'It gave no reason.'} (${code})`, retry: back }
}
