/** Who is signed in, and the way out. */

import type { Participant } from './api'
import { ask } from './dialog'
import { count, h, sentence } from './dom'
import { allUnsaved, forgetEverything } from './offline'
import { signOut } from './session'

/** `leave` is called before the offline copies are removed, so that nothing holds them open. */
export function personBar(me: Participant, leave: () => Promise<void>, done: () => void): HTMLElement {
  const trouble = h('span', { class: 'trouble', role: 'alert' })
  const out = async () => {
    trouble.textContent = ''
    const waiting = allUnsaved(me.id)
    if (waiting > 0 && !(await ask(warning(waiting)))) return
    try {
      await signOut()
    } catch (error) {
      trouble.textContent = `You are still signed in. ${sentence(error)}`
      return
    }
    await leave()
    await forgetEverything(me.id)
    done()
  }
  return h(
    'div',
    { class: 'person' },
    h('span', { class: 'whoami', 'data-testid': 'whoami', 'data-role': me.role },
      h('bdi', { class: 'whoami-name' }, me.name),
      h('bdi', { class: 'whoami-where' }, me.delegation_name)),
    h('button', { type: 'button', class: 'link-button', 'data-testid': 'sign-out', onclick: () => void out() }, 'Sign out'),
    trouble,
  )
}

const warning = (waiting: number) => ({
  title: 'Some of your words are only on this device',
  text: `The server has not yet saved ${count(waiting, 'change')} of yours. Signing out now removes what is on this device, and those words are lost.`,
  stay: 'Stay signed in',
  go: 'Sign out and lose them',
})
