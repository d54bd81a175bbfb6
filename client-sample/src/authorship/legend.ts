/** What the colours mean, and how much of the text is whose. */

import { h } from '../dom'
import type { Share } from './shares'

const CALM_MS = 1_000
/** How many are named while the legend is folded away. */
const BRIEF = 3

export interface Legend {
  element: HTMLElement
  /** Folds it open or away. */
  fold: (open: boolean) => void
  /** Shows what `read` gives, at once when the legend was hidden, else at most once a second; null hides it. */
  show: (read: (() => Share[]) | null) => void
  destroy: () => void
}

/** "12 %" as the reader's language writes it; what is there is never shown as nothing, nor a part as the whole. */
export function percent(share: number): string {
  const shown = share > 0 && share < 0.01 ? 0.01 : share < 1 && share > 0.99 ? 0.99 : share
  const words = shown.toLocaleString(undefined, { style: 'percent' })
  return shown > share ? `< ${words}` : shown < share && shown === 0.99 ? `> ${words}` : words
}

export function createLegend(): Legend {
  const list = h('ul', {})
  const empty = h('p', { class: 'empty' }, 'There are no words yet.')
  const brief = h('span', { class: 'legend-brief', 'aria-hidden': 'true' })
  const head = h('summary', {}, h('h2', {}, 'Who wrote it'), brief)
  const note = h('p', { class: 'legend-note' }, 'Shares of all words.')
  const details = h('details', {}, head, list, empty, note)
  const element = h('section', { class: 'legend', 'data-testid': 'legend', 'aria-label': 'Who wrote it', hidden: true }, details)
  let timer: ReturnType<typeof setTimeout> | undefined
  let wanted: (() => Share[]) | null = null
  let shown = ''
  const draw = () => {
    const shares = wanted?.() ?? []
    const now = JSON.stringify(shares.map(({ share, ...rest }) => [percent(share), rest]))
    if (now === shown) return
    shown = now
    list.replaceChildren(...shares.map(drawShare))
    empty.hidden = shares.length > 0
    brief.textContent = shares.slice(0, BRIEF).map(({ party, share }) => `\u2068${party.name}\u2069 ${percent(share)}`).join(' · ')
  }
  const show = (read: (() => Share[]) | null) => {
    const fresh = element.hidden
    wanted = read
    element.hidden = read === null
    if (read === null || fresh) clearTimeout(timer), (timer = undefined)
    if (read === null) return
    if (fresh) return draw()
    timer ??= setTimeout(() => ((timer = undefined), draw()), CALM_MS)
  }
  return { element, fold: (open) => (details.open = open), show, destroy: () => clearTimeout(timer) }
}

function drawShare({ party, share, names }: Share): HTMLElement {
  const sample = h('span', { class: `sample ${party.looks}`, 'aria-hidden': 'true' }, 'Abc')
  if (party.color !== null) sample.style.setProperty('--by', party.color)
  const people = names.flatMap((name, i) => [i > 0 ? ', ' : '', h('bdi', {}, name)])
  return h(
    'li',
    { 'data-party': party.key },
    sample,
    h('bdi', { class: 'legend-name' }, party.name),
    h('span', { class: 'legend-share' }, percent(share)),
    people.length > 0 && h('span', { class: 'legend-people' }, ...people),
  )
}
