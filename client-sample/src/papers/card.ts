/** One version: what is said of it, whether everybody may read it, and what can be done with it. */

import type { Version } from '../api'
import { ask } from '../dialog'
import { count, h, icon, sentence } from '../dom'
import { moment } from '../gavel/words'
import { exceptionsOf, titleOf } from './forms'
import { comparisonAddress, papers, restoringAddress, type Restored } from './requests'
import { createTake } from './take'

export interface CardOptions {
  chapter: string
  may: (action: string) => boolean
  /** The name of a participant. */
  nameOf: (participant: string) => string
  /** Says what was done. */
  say: (words: string) => void
}

export interface VersionCard {
  element: HTMLElement
  /** `all`: every version, newest first. */
  show: (version: Version, all: readonly Version[]) => void
  focus: () => void
}

export function createVersionCard(first: Version, { chapter, may, nameOf, say }: CardOptions): VersionCard {
  let version = first
  let shown = ''
  const { title, line } = titleOf(first)
  const heading = h('h3', { class: 'version-title', tabindex: '-1' }, title)
  const status = h('p', { class: 'version-line' })
  const public_ = h('p', { class: 'version-public' })
  const made = h('p', { class: 'version-made' })
  const hash = h('p', { class: 'version-hash' })
  const acts = h('span', { class: 'version-acts' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const take = createTake(chapter, first)
  const compare = createCompare(chapter, first)
  const element = h(
    'li',
    { class: 'version', 'data-testid': 'version', 'data-version': first.id },
    heading, status, public_, made,
    ...foldings([['Download', 'download', take.element], ['Compare', 'compare', compare.element], ['Proof', 'seal', hash]], acts),
    trouble,
  )

  function show(next: Version, all: readonly Version[]): void {
    version = next
    take.offer(all)
    compare.offer(all)
    const now = JSON.stringify([next, nameOf(next.by), may('publish-version'), may('restore-version'), all[0]?.id])
    if (now === shown) return
    shown = now
    status.replaceChildren(...[line, exceptionsOf(next)].filter(Boolean).join(' · '))
    showPublic(next)
    made.replaceChildren('Frozen ', h('time', { datetime: next.at }, moment(next.at)), ...(next.by === 'adref' ? [' by the server'] : [' by ', h('bdi', {}, nameOf(next.by))]))
    hash.replaceChildren('SHA-256 of the text ', h('code', { dir: 'ltr' }, next.hash || 'is told when the version is read'))
    showActs()
  }

  function showPublic({ published, address, acts: done }: Version): void {
    const last = done.at(-1)
    public_.hidden = last === undefined
    public_.classList.toggle('is-public', published)
    if (last === undefined) return public_.replaceChildren()
    const by = ['by ', h('bdi', {}, nameOf(last.by)), ', ', moment(last.at)]
    if (!published) return public_.replaceChildren(icon('cross'), h('span', {}, 'Withdrawn ', ...by))
    const link = h('a', { href: address, target: '_blank', rel: 'noopener', dir: 'ltr' }, location.origin + address)
    public_.replaceChildren(icon('globe'), h('span', {}, 'Published ', ...by, h('br', {}), link))
  }

  /** Only what this person may do. Drawn anew only when it changes, so that the focus stays. */
  function showActs(): void {
    const had = acts.contains(document.activeElement)
    acts.replaceChildren(
      ...[
        may('publish-version') && (version.published ? act('Withdraw…', 'cross', withdraw) : act('Publish…', 'globe', publish)),
        may('restore-version') && act('Restore…', 'restore', restore),
      ].filter((each) => each !== false),
    )
    if (had) (acts.querySelector('button') ?? heading).focus()
  }

  function act(label: string, sign: string, work: () => Promise<void>): HTMLElement {
    const run = async () => {
      trouble.textContent = ''
      await work().catch((error: unknown) => (trouble.textContent = sentence(error)))
    }
    return h('button', { type: 'button', class: 'button small', onclick: () => void run() }, icon(sign), label)
  }

  async function publish(): Promise<void> {
    const text = `Everybody who has its address can then read “${version.name}” without signing in: the text with its labels and statuses, nothing of what is written since. The address stays this paper’s for good; the paper can be withdrawn.`
    if (!(await ask({ title: 'Publish this paper?', text, stay: 'Not now', go: 'Publish' }))) return
    const done = await papers.publish(chapter, version)
    say(`Published at ${location.origin}${done.address}`)
  }

  async function withdraw(): Promise<void> {
    const text = 'Whoever follows its address is then told that it was withdrawn. It can be published again, at the same address.'
    if (!(await ask({ title: 'Withdraw this paper?', text, stay: 'Leave it published', go: 'Withdraw' }))) return
    await papers.withdraw(chapter, version)
    say('Withdrawn.')
  }

  async function restore(): Promise<void> {
    const would = await papers.wouldRestore(chapter, version)
    if (!would.changed) return say('The text is as it was then: there is nothing to restore.')
    if (!(await ask({ title: 'Restore this text?', ...restoring(chapter, version, would), stay: 'Leave the text as it is', go: 'Restore' }))) return
    const { before, paragraphs } = await papers.restore(chapter, version)
    say(`Restored: ${count(paragraphs.length, 'paragraph')} changed.${before ? ` What stood there before is kept as “${before.name}”.` : ''}`)
  }

  return { element, show, focus: () => heading.focus() }
}

/** A row of buttons that each unfold something, one at a time, and what else stands in the row. */
function foldings(parts: [label: string, sign: string, content: HTMLElement][], more: HTMLElement): HTMLElement[] {
  const places = parts.map(([, , content]) => h('div', { class: 'version-fold', hidden: true }, content))
  const buttons = parts.map(([label, sign], i) => {
    const toggle = () => places.forEach((place, n) => {
      place.hidden = n !== i || !place.hidden
      buttons[n]!.setAttribute('aria-expanded', String(!place.hidden))
    })
    return h('button', { type: 'button', class: 'button small', 'aria-expanded': 'false', onclick: toggle }, icon(sign), label)
  })
  return [h('div', { class: 'version-row' }, ...buttons, more), ...places]
}

/** What restoring will do, in words, with a page that shows it. */
function restoring(chapter: string, version: Version, { paragraphs, voids }: Restored): { text: string; more: HTMLElement } {
  const lines = (['changed', 'inserted', 'deleted'] as const)
    .map((change) => ({ change, of: paragraphs.filter((one) => one.change === change) }))
    .filter(({ of }) => of.length > 0)
    .map(({ change, of }) => `${{ changed: 'Put back as they were', inserted: 'Come back', deleted: 'Go' }[change]}: ${places(of)}.`)
  if (voids.length > 0) lines.push(`Agreements that become void: ${places(voids)}.`)
  const link = h('a', { href: restoringAddress(chapter, version), target: '_blank', rel: 'noopener' }, 'See every change (opens in a new tab)')
  return {
    text: `The chapter reads again as in “${version.name}”, for everybody, at once. Words keep their authors. The text of now is kept as a version of its own, so this can be undone in the same way.`,
    more: h('div', { class: 'restoring' }, h('ul', {}, ...lines.map((line) => h('li', { dir: 'auto' }, line))), link),
  }
}

const MOST = 20

/** "paragraphs 2, 12 bis, 21 and 3 without a label" */
function places(paragraphs: readonly { label: string }[]): string {
  const labels = paragraphs.map(({ label }) => label).filter(Boolean)
  const rest = paragraphs.length - labels.length
  const more = labels.length > MOST ? ` and ${labels.length - MOST} more` : ''
  const named = labels.length > 0 ? `${labels.length > 1 ? 'paragraphs' : 'paragraph'} ${labels.slice(0, MOST).join(', ')}${more}` : ''
  return [named, rest > 0 ? `${count(rest, 'paragraph')} without a label` : ''].filter(Boolean).join(' and ')
}

/** The redline of this version and another, as a page. */
function createCompare(chapter: string, version: Version): { element: HTMLElement; offer: (all: readonly Version[]) => void } {
  const select = h('select', { 'aria-label': 'Compare with', onchange: () => point() })
  const link = h('a', { class: 'button small', target: '_blank', rel: 'noopener' }, 'Open the redline')
  let others: readonly Version[] = []
  const point = () => {
    const other = others.find(({ id }) => id === select.value) ?? null
    const [since, to] = other !== null && other.seq < version.seq ? [other, version] : [version, other]
    link.href = comparisonAddress(chapter, since, to)
  }
  const offer = (all: readonly Version[]) => {
    others = all.filter(({ id }) => id !== version.id)
    const before = select.value
    select.replaceChildren(h('option', { value: '' }, 'the text of now'), ...others.map(({ id, name }) => h('option', { value: id }, name)))
    select.value = others.some(({ id }) => id === before) ? before : ''
    point()
  }
  return { element: h('div', { class: 'paper-compare' }, h('span', { 'aria-hidden': 'true' }, 'with'), select, link), offer }
}
