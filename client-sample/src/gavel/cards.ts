/** What was set aside: edits that a ruling undid, kept for their author to copy, propose or discard. */

import { api, type Kept } from '../api'
import { count, h, icon, sentence, when } from '../dom'
import { isolated } from './words'

/** Kept words around a change, in letters. */
const CONTEXT = 40

export interface Cards {
  element: HTMLElement
  /** A new card, or the same one grown. */
  put: (kept: Kept) => void
  /** What the server keeps. What was on a card when it was asked, and it does not name any more, goes. */
  replace: (all: readonly Kept[], known: ReadonlySet<number>) => void
  numbers: () => ReadonlySet<number>
}

interface Card {
  element: HTMLElement
  show: (kept: Kept) => void
}

export interface CardsOptions {
  chapter: string
  me: string
  mayPropose: () => boolean
  onChoose: (paragraph: string) => void
  /** Called when somebody opens the cards. */
  onOpen: () => void
  /** Where the focus goes when a card that had it has gone. */
  onDone: () => void
}

export function createCards(options: CardsOptions): Cards {
  const cards = new Map<number, Card>()
  // A list that was asked for before an answer was given may still name what is gone.
  const gone = new Set<number>()
  const list = h('ol', { class: 'kept-list' })
  const words = h('span', {})
  const element = h(
    'details',
    { class: 'kept', 'data-testid': 'set-aside', hidden: true, ontoggle: () => element.open && options.onOpen() },
    h('summary', {}, icon('tray'), words),
    list,
  )
  const settle = () => {
    element.hidden = cards.size === 0
    words.textContent = count(cards.size, 'edit set aside', 'edits set aside')
  }
  const remove = (number: number) => {
    const card = cards.get(number)
    const had = card?.element.contains(document.activeElement)
    card?.element.remove()
    cards.delete(number)
    settle()
    if (had) options.onDone()
  }
  const put = (kept: Kept) => {
    if (kept.state && kept.state !== 'kept') return remove(kept.number)
    if (gone.has(kept.number)) return
    const answered = () => {
      gone.add(kept.number)
      remove(kept.number)
    }
    const card = cards.get(kept.number) ?? createCard(options, answered)
    card.show(kept)
    if (!cards.has(kept.number)) {
      cards.set(kept.number, card)
      list.prepend(card.element)
      // One's own words are not to be looked for.
      if (isMine(kept, options.me)) element.open = true
    }
    settle()
  }
  const replace = (all: readonly Kept[], known: ReadonlySet<number>) => {
    const named = new Set(all.map(({ number }) => number))
    for (const number of known) if (!named.has(number)) remove(number)
    for (const kept of all) put(kept)
  }
  return { element, put, replace, numbers: () => new Set(cards.keys()) }
}

/** A notice is always about one's own. */
const isMine = ({ participant }: Kept, me: string) => participant === undefined || participant === me

function createCard({ chapter, me, mayPropose, onChoose }: CardsOptions, gone: () => void): Card {
  let kept: Kept
  const title = h('button', { type: 'button', class: 'link-button kept-place', onclick: () => onChoose(kept.paragraph) })
  const by = h('p', { class: 'kept-by' })
  const why = h('p', { class: 'kept-why', dir: 'auto' })
  const words = h('div', { class: 'kept-words', dir: 'auto' })
  const said = h('span', { class: 'hint', role: 'status' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const act = (work: () => Promise<unknown>, done: () => void) => async () => {
    trouble.textContent = ''
    await work().then(done, (error: unknown) => (trouble.textContent = sentence(error)))
  }
  const copy = act(() => copyText(kept.words || plain(kept)), () => (said.textContent = 'Copied'))
  const propose = act(() => api.proposeSetAside(chapter, kept.number), () => {
    const place = kept.label === '' ? 'its paragraph' : `paragraph ${isolated(kept.label)}`
    actions.replaceChildren(h('span', { class: 'hint', role: 'status' }, `Proposed: it stands beside ${place} as your comment.`), close)
    close.focus()
  })
  const discard = act(() => api.discardSetAside(chapter, kept.number), gone)
  const button = (label: string, run: () => Promise<void>, primary = false) =>
    h('button', { type: 'button', class: primary ? 'button small primary' : 'button small', onclick: () => void run() }, label)
  const close = h('button', { type: 'button', class: 'button small', onclick: gone }, 'Close')
  const own = [button('Propose', propose, true), button('Copy', copy), button('Discard', discard), said]
  const actions = h('div', { class: 'actions' })
  const element = h('li', { class: 'card kept-card', 'data-testid': 'kept-card' }, h('header', {}, title), by, why, words, actions, trouble)
  const show = (next: Kept) => {
    kept = { ...kept, ...next }
    element.dataset.number = String(kept.number)
    title.textContent = kept.label === '' ? 'A paragraph without a label' : `Paragraph ${isolated(kept.label)}`
    const mine = isMine(kept, me)
    by.textContent = `${mine ? 'Your words' : `${isolated(kept.name || kept.participant!)}, ${isolated(kept.delegation_name ?? '')}`} · ${when(kept.updated ?? '')}`
    why.textContent = kept.reason === '' ? '' : sentence(kept.reason)
    words.replaceChildren(...drawRuns(kept))
    if (actions.childElementCount === 0) actions.append(...(mine ? own.slice(mayPropose() ? 0 : 1) : [own[1]!, said]))
  }
  return { element, show }
}

const plain = ({ runs }: Kept) => runs.filter(({ change }) => change !== 'deleted').map(({ text }) => text).join('')

async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}

/** The changes with the words around them; each says what it is. */
export function drawRuns({ runs }: Pick<Kept, 'runs'>): HTMLElement[] {
  return runs.map(({ change, text }, i) => {
    if (change === 'kept') return h('span', {}, shortened(text, i > 0, i < runs.length - 1))
    const label = h('span', { class: 'run-label' }, change === 'inserted' ? 'added' : 'deleted')
    return h(change === 'inserted' ? 'ins' : 'del', {}, label, ' ', h('bdi', { class: 'run-words' }, text))
  })
}

function shortened(text: string, follows: boolean, leads: boolean): string {
  const letters = [...text]
  if (letters.length <= 2 * CONTEXT) return text
  const start = follows ? letters.slice(0, CONTEXT).join('') : ''
  return `${start}…${leads ? letters.slice(-CONTEXT).join('') : ''}`
}
