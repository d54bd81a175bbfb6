/** Locking for somebody, a section, or all headings; handing over and renewing are the same, said again. */

import type { NewLock, Participant } from '../api'
import { h, sentence } from '../dom'
import { mayChange, type Subject } from './powers'
import { HEADINGS, type Lock } from './rulings'
import { capital } from './words'

export interface LockFormOptions {
  me: () => Participant
  people: () => Promise<(Participant & { active: boolean })[]>
  onLock: (key: string, lock: NewLock) => Promise<void>
  onRelease: (key: string, reason: string) => Promise<void>
  onClose: () => void
}

export interface LockForm {
  element: HTMLElement
  open: (subject: Subject, reason: string) => void
}

interface Target {
  key: string
  name: string
  lock: Lock | null
  scope?: 'paragraph' | 'section'
}

let forms = 0

export function createLockForm({ me, people, onLock, onRelease, onClose }: LockFormOptions): LockForm {
  const number = ++forms
  let targets: Target[] = []
  const what = h('select', { id: `lock-what-${number}`, onchange: () => showTarget() })
  const whom = h('select', { id: `lock-for-${number}` })
  const until = h('input', { id: `lock-until-${number}`, type: 'datetime-local' })
  const reason = h('input', { id: `lock-why-${number}`, maxlength: 500, dir: 'auto' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const submit = h('button', { type: 'submit', class: 'button small primary' }, 'Lock')
  const release = h('button', { type: 'button', class: 'button small', onclick: () => void onRelease(target().key, reason.value.trim()) }, 'Release')
  const cancel = h('button', { type: 'button', class: 'button small', onclick: onClose }, 'Cancel')
  const field = (label: string, input: HTMLElement) => h('p', { class: 'bar-field' }, h('label', { for: input.id }, label), input)
  const send = (event: Event) => {
    event.preventDefault()
    void onLock(target().key, body())
  }
  const element = h(
    'form',
    { class: 'lock-form', 'data-testid': 'lock-form', hidden: true, onsubmit: send },
    field('What', what),
    field('For', whom),
    field('Until (optional)', until),
    field('Why (optional)', reason),
    trouble,
    h('div', { class: 'actions' }, submit, release, cancel),
  )
  const target = () => targets.find(({ key, scope }) => `${scope} ${key}` === what.value) ?? targets[0]!

  function body(): NewLock {
    const [kind, id] = whom.value.split(' ') as [string, string]
    const { scope } = target()
    return {
      ...(kind === 'participant' && { for: { participant: id } }),
      ...(kind === 'delegation' && { for: { delegation: id } }),
      reason: reason.value.trim(),
      ...(until.value !== '' && { until: new Date(until.value).toISOString() }),
      ...(scope && { scope }),
    }
  }

  function showTarget(): void {
    const { lock } = target()
    const mine = lock !== null && mayChange(lock, me())
    submit.textContent = mine ? 'Save' : 'Lock'
    submit.disabled = lock !== null && !mine
    release.hidden = !mine
    release.textContent = mine && lock!.by.participant !== me().id ? 'Break the lock' : 'Release'
    const whose = lock === null ? 'me' : lock.holder.participant === '' ? `delegation ${lock.holder.delegation}` : `participant ${lock.holder.participant}`
    if ([...whom.options].some(({ value }) => value === whose)) whom.value = whose
    until.value = lock === null || lock.until === '' ? '' : localTime(new Date(lock.until))
    if (lock !== null) reason.value = lock.reason
  }

  async function fill(): Promise<void> {
    if (whom.options.length > 1) return
    whom.replaceChildren(h('option', { value: 'me' }, 'Me'))
    try {
      const active = (await people()).filter((one) => one.active && one.role !== 'observer' && one.id !== me().id)
      const delegations = new Map(active.map((one) => [one.delegation, one.delegation_name]))
      const byName = (a: [string, string], b: [string, string]) => a[1].localeCompare(b[1])
      whom.append(
        group('Delegations', [...delegations].sort(byName).map(([id, name]) => [`delegation ${id}`, name])),
        group('People', active.map((one): [string, string] => [`participant ${one.id}`, `${one.name} (${one.delegation_name})`]).sort(byName)),
      )
    } catch (error) {
      trouble.textContent = sentence(error)
    }
  }

  function open(subject: Subject, given: string): void {
    const { section, headings } = subject
    const own = subject.lock?.key === subject.id && subject.lock.scope === 'paragraph' ? subject.lock : null
    targets = [
      { key: subject.id, name: subject.name, lock: own, scope: 'paragraph' },
      ...(section ? [{ key: section.id, name: `the section ${section.name}`, lock: subject.sectionLock, scope: 'section' as const }] : []),
      { key: HEADINGS, name: 'all headings of the chapter', lock: headings },
    ]
    what.replaceChildren(...targets.map(({ key, name, scope }) => h('option', { value: `${scope} ${key}` }, capital(name))))
    reason.value = given
    trouble.textContent = ''
    element.hidden = false
    what.focus()
    void fill().then(showTarget)
  }

  return { element, open }
}

const group = (label: string, entries: [string, string][]) =>
  h('optgroup', { label }, ...entries.map(([value, name]) => h('option', { value }, name)))

/** As a field for date and time has it, in this device's own time. */
function localTime(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 16)
}
