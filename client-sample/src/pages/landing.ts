/** The page of those who are not signed in, and the one that an invitation's link opens. */

import { ApiError } from '../api'
import { h, icon } from '../dom'
import { signIn } from '../session'

export interface Landing {
  title: string
  text: string
  retry?: () => void
}

const WELCOME: Landing = {
  title: 'Open the link that was sent to you',
  text: 'Your invitation holds a personal link. Open it on this device, and you are in: there is no password to remember. If you can’t find it, the secretariat of your meeting will send you a new one.',
}

export function landingPage(message: Landing = WELCOME): HTMLElement {
  const retry = message.retry && h('button', { type: 'button', class: 'button primary', onclick: message.retry }, 'Try again')
  return h(
    'main',
    { class: 'landing', id: 'main' },
    h('p', { class: 'brand' }, 'Adref'),
    h('h1', {}, message.title),
    h('p', { class: 'lead' }, message.text),
    retry,
    h('p', { class: 'aside' }, 'Adref holds one text that all delegations write together. Every word is saved as it is written, and everybody sees who else is writing.'),
  )
}

/** What to say of an invitation that the server did not take. */
export function refusal(error: unknown): Landing {
  if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) {
    return { title: 'The server cannot be reached', text: 'Please check your connection and try again. Your link is still good.' }
  }
  if (error.status === 429) return { title: 'Too many attempts', text: 'Please wait a minute and open your link again.' }
  const why = `${error.code} ${error.message}`.toLowerCase()
  const again = 'Please ask the secretariat of your meeting for a new link.'
  if (why.includes('expired')) return { title: 'This link has expired', text: again }
  if (why.includes('revoked')) return { title: 'This link is no longer valid', text: `It was withdrawn. ${again}` }
  return { title: 'This link does not work', text: `It may be incomplete: try copying the whole of it from your invitation. If that does not help, ask the secretariat for a new one.` }
}

/** Signs in with the secret in the address; the secret leaves the address as soon as it was used. */
export async function joinPage(show: (page: HTMLElement) => void, done: () => void): Promise<void> {
  const secret = decodeURIComponent(location.hash.slice(1))
  if (secret === '') return show(landingPage({ title: 'This link is incomplete', text: 'Please copy the whole link from your invitation, to its last letter.' }))
  show(h('main', { class: 'landing', id: 'main' }, h('p', { class: 'brand' }, 'Adref'), h('p', { class: 'lead', role: 'status' }, icon('dots'), 'Signing you in…')))
  try {
    await signIn(secret)
    done()
  } catch (error) {
    const passing = !(error instanceof ApiError) || error.status === 0 || error.status >= 500
    if (!passing) history.replaceState(null, '', '/join')
    show(landingPage({ ...refusal(error), ...(passing && { retry: () => void joinPage(show, done) }) }))
  }
}
