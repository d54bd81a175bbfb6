/** The papers of a chapter: the text of now and every version, to freeze, download, compare, publish and restore. */

import { api, type Version } from '../api'
import { h, icon } from '../dom'
import { createBringBack } from '../imports/bring-back'
import type { LiveChapter } from '../live'
import { session } from '../session'
import { createVersionCard, type VersionCard } from './card'
import { createFreeze } from './freeze'
import { createTake } from './take'
import { readVersions } from './versions'

export interface PapersOptions {
  live: LiveChapter
  /** Says to somebody who is at the text what has come. */
  onNews: (words: string) => void
  /** Called when a file was brought back: some of it may have been set aside. */
  onBroughtIn: () => void
}

export interface Papers {
  /** Opens the panel. */
  button: HTMLElement
  element: HTMLDialogElement
  /** To be called when rights may have changed. */
  show: () => void
  destroy: () => void
}

export function createPapers({ live, onNews, onBroughtIn }: PapersOptions): Papers {
  const chapter = live.chapter.id
  const names = new Map<string, string>()
  const cards = new Map<string, VersionCard>()
  let known = new Set<string>()
  let awaited = ''
  const may = (action: string) => session.may(action)
  const said = h('p', { class: 'papers-said', role: 'status' })
  const now = createTake(chapter, null)
  const freeze = createFreeze(chapter, frozen)
  const acts = h('div', { class: 'papers-acts' })
  const tally = h('span', { class: 'count' })
  const list = h('ol', { class: 'versions', 'aria-label': 'Versions' })
  const none = h('p', { class: 'empty' }, 'Nothing has been frozen yet.')
  const automaticTally = h('span', { class: 'count' })
  const automaticList = h('ol', { class: 'versions', 'aria-label': 'Automatic versions' })
  const automatic = h('details', { class: 'papers-automatic', ontoggle: () => show() }, h('summary', {}, h('h3', {}, 'Automatic versions ', automaticTally)), automaticList)
  const close = h('button', { type: 'button', class: 'tool', 'aria-label': 'Close the papers', title: 'Close', onclick: () => element.close() }, icon('close'))
  const element = h(
    'dialog',
    { class: 'papers', 'data-testid': 'papers', 'aria-labelledby': 'papers-title', onclick: (event) => event.target === element && element.close() },
    h(
      'div',
      { class: 'papers-page' },
      h('header', { class: 'papers-head' }, icon('papers'), h('h2', { id: 'papers-title', tabindex: '-1', autofocus: true }, 'Papers'), close),
      said,
      h('section', { class: 'papers-now', 'aria-label': 'The text of now' }, h('h3', {}, 'The text of now'), now.element, acts),
      h('section', { class: 'papers-versions', 'aria-label': 'Versions' }, h('h3', {}, 'Versions ', tally), none, list, automatic),
    ),
  )
  const back = createBringBack(chapter, element, (words) => (say(words), onBroughtIn()))
  acts.append(freeze.element, back.element)
  const button = h('button', { type: 'button', class: 'tool wide papers-button', title: 'Versions and papers of this chapter', 'aria-haspopup': 'dialog', onclick: () => open() }, icon('papers'), h('span', {}, 'Papers'))
  const versions = live.doc.getMap('versions')
  versions.observe(changed)

  function open(): void {
    said.textContent = ''
    element.showModal()
    show()
    void learnNames()
  }

  /** Whoever froze or published something need not have written in this chapter. */
  async function learnNames(): Promise<void> {
    const people = await api.participants().catch(() => [])
    for (const { id, name } of people) names.set(id, name)
    show()
  }

  function changed(): void {
    const { named } = readVersions(live.doc)
    const fresh = named.filter(({ name }) => !known.has(name))
    known = new Set(named.map(({ name }) => name))
    // What the first answer of the server brings is not news.
    if (live.standing.connected && fresh.length > 0 && !element.open) onNews(`Frozen: ${fresh[0]!.name}`)
    show()
  }

  function show(): void {
    freeze.element.hidden = !may('name-version')
    back.element.hidden = !live.mayWrite
    acts.hidden = freeze.element.hidden && back.element.hidden
    if (!element.open) return
    const { named, automatic: byItself } = readVersions(live.doc)
    const all = [...named, ...byItself].sort((a, b) => b.seq - a.seq)
    now.offer(all)
    tally.textContent = named.length > 0 ? String(named.length) : ''
    none.hidden = named.length > 0
    put(list, named, all)
    automatic.hidden = byItself.length === 0
    automaticTally.textContent = String(byItself.length)
    if (automatic.open) put(automaticList, byItself, all)
    // What one has frozen comes with the chapter, before or after the server's answer.
    if (!named.some(({ name }) => name === awaited)) return
    cards.get(awaited)!.focus()
    awaited = ''
  }

  /** Cards that are there stay, with what is open in them and the focus. */
  function put(place: HTMLElement, versions: readonly Version[], all: readonly Version[]): void {
    const options = { chapter, may, nameOf: (id: string) => names.get(id) ?? id, say }
    const wanted = versions.map((version) => {
      const card = cards.get(version.name) ?? createVersionCard(version, options)
      cards.set(version.name, card)
      card.show(version, all)
      return card.element
    })
    for (const element of [...place.children]) if (!wanted.includes(element as HTMLElement)) element.remove()
    wanted.forEach((element, i) => place.children[i] !== element && place.insertBefore(element, place.children[i] ?? null))
  }

  function say(words: string): void {
    said.textContent = words
    said.scrollIntoView({ block: 'nearest' })
  }

  function frozen(version: Version): void {
    say(`Frozen: ${version.name}`)
    awaited = version.name
    show()
  }

  return {
    button,
    element,
    show,
    destroy: () => {
      versions.unobserve(changed)
      back.destroy()
      element.close()
    },
  }
}
