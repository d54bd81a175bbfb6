/** What the chair, a vice-chair or the secretariat can rule on the paragraph at the caret, by mouse or keyboard. */

import type { NewLock, Participant } from '../api'
import { h, icon, sentence } from '../dom'
import { createLockForm } from './lock-form'
import { mayChange, statusesFor, type Subject } from './powers'
import { STATUSES, type Status } from './rulings'
import { capital, chipWords, inOneLine, lockWords, statusName } from './words'

export interface Acts {
  lock: (key: string, lock: NewLock) => Promise<unknown>
  release: (key: string, reason: string) => Promise<unknown>
  status: (subject: Subject, status: Status, reason: string) => Promise<unknown>
  people: () => Promise<(Participant & { active: boolean })[]>
}

export interface BarOptions {
  me: () => Participant
  acts: Acts
  /** Says what was done. */
  say: (words: string) => void
  /** Gives the focus back to the text. */
  onDone: () => void
}

export interface Bar {
  element: HTMLElement
  show: (subject: Subject | null) => void
  /** For the keyboard: shows all of it, and goes to its first button. */
  focus: () => void
}

export function createBar({ me, acts, say, onDone }: BarOptions): Bar {
  let subject: Subject | null = null
  const name = h('strong', {})
  const state = h('span', { class: 'bar-state' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const why = h('input', { class: 'bar-why', 'aria-label': 'Why (for the log)', placeholder: 'Why (optional)', maxlength: 500, dir: 'auto' })
  const take = h('button', { type: 'button', class: 'button small primary', onclick: () => void toggle() })
  const other = h('button', { type: 'button', class: 'button small', 'aria-expanded': 'false', onclick: () => openForm() })
  const select = h('select', { 'aria-label': 'Status' })
  const set = h('button', { type: 'button', class: 'button small', onclick: () => void setStatus() }, 'Set status')
  const form = createLockForm({
    me,
    people: acts.people,
    onLock: (key, lock) => run(() => acts.lock(key, lock), 'Locked.'),
    onRelease: (key, reason) => run(() => acts.release(key, reason), 'Released.'),
    onClose: () => closeForm(),
  })
  const row = h('div', { class: 'bar-row' }, take, other, h('span', { class: 'bar-status' }, select, set), why)
  const fold = h('button', { type: 'button', class: 'link-button bar-fold', 'aria-expanded': 'true', onclick: () => unfold(row.hasAttribute('hidden')) }, 'Hide')
  const element = h(
    'section',
    { class: 'gavel-bar', 'data-testid': 'gavel', 'aria-label': 'Rulings on the paragraph at the caret', onkeydown: (event) => keys(event as KeyboardEvent), hidden: true },
    h('div', { class: 'bar-head' }, icon('gavel'), h('p', { class: 'bar-what' }, name, ' ', state), fold),
    row,
    form.element,
    trouble,
  )

  function unfold(open: boolean): void {
    row.hidden = !open
    fold.textContent = open ? 'Hide' : 'Rule…'
    fold.setAttribute('aria-expanded', String(open))
    if (!open) closeForm()
  }

  function keys(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    if (form.element.hidden) onDone()
    else closeForm()
  }

  async function run(work: () => Promise<unknown>, done: string): Promise<void> {
    trouble.textContent = ''
    try {
      await work()
      why.value = ''
      closeForm()
      say(done)
    } catch (error) {
      trouble.textContent = sentence(error)
    }
  }

  function toggle(): Promise<void> {
    const { id, name, lock } = subject!
    const own = lock?.key === id ? lock : null
    if (own === null) return run(() => acts.lock(id, { reason: why.value }), `Locked for you: ${name}.`)
    const done = own.by.participant === me().id ? 'Released' : 'Lock broken'
    return run(() => acts.release(id, why.value), `${done}: ${name}.`)
  }

  function setStatus(): Promise<void> {
    const status = STATUSES.find((each) => each === select.value)!
    const { name } = subject!
    return run(() => acts.status(subject!, status, why.value), `${statusName(status)}: ${name}.`)
  }

  function openForm(): void {
    if (!form.element.hidden) return closeForm()
    other.setAttribute('aria-expanded', 'true')
    form.open(subject!, why.value)
  }

  function closeForm(): void {
    const had = form.element.contains(document.activeElement)
    form.element.hidden = true
    other.setAttribute('aria-expanded', 'false')
    if (had) other.focus()
  }

  function show(next: Subject | null): void {
    const same = next?.id === subject?.id
    subject = next
    element.hidden = next === null
    if (next === null) return
    if (!same) trouble.textContent = ''
    write(name, capital(next.name))
    write(state, inWords(next, me()))
    const own = next.lock?.key === next.id ? next.lock : null
    const changeable = own !== null && mayChange(own, me())
    write(take, own === null ? 'Lock for me' : own.by.participant === me().id ? 'Release' : 'Break the lock')
    take.disabled = own === null ? next.lock !== null && !mayChange(next.lock, me()) : !changeable
    write(other, changeable ? 'Hand over or renew…' : 'Lock for…')
    showStatuses(next, same)
  }

  function showStatuses({ standing }: Subject, same: boolean): void {
    const now = standing?.status ?? 'draft'
    const allowed = statusesFor(me().role, now)
    const key = `${now} ${allowed.join()}`
    if (same && select.dataset.for === key) return
    select.dataset.for = key
    const shown = allowed.length > 0 ? allowed : [now]
    select.replaceChildren(...shown.map((status) => h('option', { value: status, selected: status === now }, statusName(status))))
    select.disabled = set.disabled = allowed.length === 0
  }

  const focus = () => {
    unfold(true)
    const first = [take, other, select].find((each) => !each.disabled)
    first?.focus()
  }
  // In a small window the text needs the room.
  if (!matchMedia('(min-width: 800px) and (min-height: 720px)').matches) unfold(false)
  return { element, show, focus }
}

function write(element: HTMLElement, words: string): void {
  if (element.textContent !== words) element.textContent = words
}

function inWords({ standing, lock, here }: Subject, me: Participant): string {
  const chip = standing && chipWords(standing)
  const status = chip ? [chip.name, chip.note].filter(Boolean).join(', ') : 'Draft'
  return `${status} · ${lock ? inOneLine(lockWords(lock, me, here, Date.now())) : 'not locked'}`
}
