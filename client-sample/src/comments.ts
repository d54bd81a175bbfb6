/** The column of comments and sources, each beside its paragraph where there is room, below the text where not. */

import type { Node } from 'prosemirror-model'
import { api } from './api'
import { count, h, icon, sentence, when } from './dom'
import { readNotes, type Comment, type Notes, type Source } from './notes'
import type { LiveChapter } from './live'

interface Place {
  id: string
  /** "12", or the paragraph's first words when it has no label. */
  name: string
  short: string
}

export interface CommentsOptions {
  live: LiveChapter
  text: () => Node
  onChoose: (paragraph: string) => void
  onDone: () => void
}

export interface Comments {
  element: HTMLElement
  show: () => void
  /** To be called when the notes have been laid beside their paragraphs: brings a form just opened into sight. */
  settle: () => void
  write: (paragraph: string | null) => void
  /** For each paragraph that has any, what stands beside it, in words. */
  inWords: () => Map<string, string>
}

export function createComments(options: CommentsOptions): Comments {
  const { live } = options
  let showResolved = false
  let shown = ''
  let opened = false
  let form: { element: HTMLElement; paragraph: string } | null = null
  const groups = h('ol', { class: 'note-groups' })
  const tally = h('span', { class: 'count' })
  const toggle = h('button', { type: 'button', class: 'link-button', 'aria-pressed': 'false', onclick: toggleResolved })
  const add = h('button', { type: 'button', class: 'button small', onclick: () => write(null) }, icon('comment'), 'Add a comment')
  const element = h(
    'aside',
    { class: 'notes', 'data-testid': 'comments', 'aria-label': 'Comments and sources' },
    h('div', { class: 'notes-head' }, h('h2', {}, 'Comments ', tally), toggle, live.chapter.may_comment ? add : null),
    groups,
  )

  function toggleResolved(): void {
    showResolved = !showResolved
    show()
  }

  /** Draws anew only when something shown has changed, and leaves the focus where it was. */
  function show(): void {
    const notes = readNotes(live.doc)
    const places = placesOf(options.text())
    const noted = new Set([...notes.comments, ...notes.sources].map(({ paragraph }) => paragraph))
    const now = JSON.stringify([notes, places.filter(({ id }) => noted.has(id)), showResolved, form?.paragraph])
    if (now === shown) return
    shown = now
    showTally(notes)
    const focused = document.activeElement
    groups.replaceChildren(...grouped(notes, places))
    if (!(focused instanceof HTMLElement) || focused === document.activeElement) return
    const same = groups.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused.dataset.focus ?? '')}"]`)
    if (groups.contains(focused)) focused.focus({ preventScroll: true })
    else same?.focus({ preventScroll: true })
  }

  function showTally({ comments }: Notes): void {
    const open = comments.filter(({ resolved }) => !resolved).length
    const resolved = comments.length - open
    tally.textContent = String(open)
    tally.setAttribute('aria-label', count(open, 'open comment'))
    toggle.hidden = resolved === 0
    toggle.textContent = showResolved ? 'Hide resolved' : `Show ${resolved} resolved`
    toggle.setAttribute('aria-pressed', String(showResolved))
  }

  function grouped({ comments, sources }: Notes, places: Place[]): HTMLElement[] {
    const known = new Set(places.map(({ id }) => id))
    const of = (id: string) => ({
      comments: comments.filter((each) => each.paragraph === id && (showResolved || !each.resolved)),
      sources: sources.filter((each) => each.paragraph === id),
    })
    const groupsInOrder = places.map((place) => drawGroup(place, of(place.id)))
    const orphans = new Set([...comments, ...sources].map(({ paragraph }) => paragraph).filter((id) => !known.has(id)))
    const lost = [...orphans].map((id) => drawGroup({ id, name: 'a paragraph no longer in the text', short: '—' }, of(id)))
    return [...groupsInOrder, ...lost].filter((group) => group !== null)
  }

  function drawGroup(place: Place, notes: Notes): HTMLElement | null {
    const cards = [...notes.sources.map(sourceCard), ...notes.comments.map((comment) => commentCard(live, comment))]
    if (form?.paragraph === place.id) cards.push(form.element)
    if (cards.length === 0) return null
    const go = h(
      'button',
      { type: 'button', class: 'note-place', 'aria-label': `Go to ${place.name}`, onclick: () => options.onChoose(place.id) },
      place.short,
    )
    return h('li', { class: 'note-group', 'data-paragraph': place.id }, go, h('div', { class: 'cards' }, ...cards))
  }

  function write(paragraph: string | null): void {
    const places = placesOf(options.text())
    const chosen = places.find(({ id }) => id === paragraph) ?? places[0]
    if (chosen === undefined) return
    const close = (back: boolean) => {
      form = null
      show()
      if (back) options.onDone()
    }
    const move = (id: string) => {
      form!.paragraph = id
      show()
    }
    if (form === null) form = { paragraph: chosen.id, element: commentForm(live.chapter.id, places, chosen.id, close, move) }
    show()
    const field = form.element.querySelector('textarea')!
    field.focus({ preventScroll: true })
    opened = true
  }

  function settle(): void {
    if (opened) form?.element.scrollIntoView({ block: 'nearest' })
    opened = false
  }

  return { element, show, settle, write, inWords: () => inWords(readNotes(live.doc)) }
}

function inWords({ comments, sources }: Notes): Map<string, string> {
  const words = new Map(sources.map(({ paragraph, name }) => [paragraph, `Source: ${name}`]))
  const open = new Map<string, number>()
  for (const { paragraph, resolved } of comments) if (!resolved) open.set(paragraph, (open.get(paragraph) ?? 0) + 1)
  for (const [paragraph, n] of open) words.set(paragraph, [words.get(paragraph), count(n, 'comment')].filter(Boolean).join(' · '))
  return words
}

function placesOf(doc: Node): Place[] {
  const blocks = doc.children.filter((node) => typeof node.attrs.id === 'string')
  return blocks.map((node) => {
    const label = node.attrs.label as string
    const words = node.textContent.slice(0, 48)
    const name = label ? `paragraph ${label}` : `“${words}${node.textContent.length > 48 ? '…' : ''}”`
    return { id: node.attrs.id as string, name, short: label || '¶' }
  })
}

function sourceCard(source: Source): HTMLElement {
  return h('div', { class: 'card source' }, icon('source'), h('span', {}, h('span', { class: 'card-kind' }, 'Source: '), h('bdi', {}, source.name)))
}

function commentCard(live: LiveChapter, comment: Comment): HTMLElement {
  const label = comment.resolved ? 'Reopen' : 'Resolve'
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const change = async () => {
    button.disabled = true
    await api.resolveComment(live.chapter.id, comment.id, !comment.resolved).catch((error: unknown) => {
      button.disabled = false
      trouble.textContent = sentence(error)
    })
  }
  const button = h(
    'button',
    { type: 'button', class: 'link-button', 'data-focus': comment.id, 'aria-label': `${label} the comment by ${comment.name}`, onclick: () => void change() },
    label,
  )
  return h(
    'article',
    { class: comment.resolved ? 'card is-resolved' : 'card', 'data-comment': comment.id },
    h('header', {}, h('strong', {}, h('bdi', {}, comment.name)), h('bdi', { class: 'card-time' }, comment.resolved ? 'resolved' : when(comment.at))),
    h('p', { dir: 'auto', class: 'card-text' }, comment.text),
    live.chapter.may_comment ? h('footer', {}, button) : null,
    trouble,
  )
}

function commentForm(
  chapter: string,
  places: Place[],
  chosen: string,
  close: (back: boolean) => void,
  move: (paragraph: string) => void,
): HTMLElement {
  const options = places.map(({ id, name }) => h('option', { value: id, selected: id === chosen }, name))
  const select = h('select', { 'aria-label': 'Comment on', onchange: () => move(select.value) }, ...options)
  const field = h('textarea', { rows: 3, dir: 'auto', required: true, 'aria-label': 'Your comment', placeholder: 'Your comment' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const post = h('button', { type: 'submit', class: 'button small primary' }, 'Comment')
  const submit = async (event?: Event) => {
    event?.preventDefault()
    const text = field.value.trim()
    if (text === '' || post.disabled) return
    post.disabled = true
    try {
      await api.addComment(chapter, select.value, text)
      close(true)
    } catch (error) {
      post.disabled = false
      trouble.textContent = sentence(error)
    }
  }
  const keys = (event: Event) => {
    const { key, ctrlKey, metaKey } = event as KeyboardEvent
    if (key === 'Escape') close(true)
    else if (key === 'Enter' && (ctrlKey || metaKey)) void submit()
  }
  return h(
    'form',
    { class: 'card comment-form', onsubmit: (event) => void submit(event), onkeydown: keys },
    select,
    field,
    trouble,
    h('div', { class: 'actions' }, post, h('button', { type: 'button', class: 'button small', onclick: () => close(true) }, 'Cancel')),
  )
}
