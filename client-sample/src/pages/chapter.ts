/** One chapter: its text, what stands beside it, who is here, and whether every word is saved. */

import type { EditorView } from 'prosemirror-view'
import { alignNotes } from '../align'
import { api, ApiError, type Chapter, type Participant } from '../api'
import { createComments } from '../comments'
import { h, icon } from '../dom'
import { createEditor, currentParagraph, goTo } from '../editor/editor'
import { highlight } from '../editor/highlight'
import { takeUp } from '../editor/takeup'
import { LiveChapter } from '../live'
import { createNotices } from '../notice'
import { rememberedList } from '../offline'
import { createOutline } from '../outline'
import { personBar } from '../person'
import { createPresence } from '../presence'
import { rescueCard } from '../rescue'
import { session } from '../session'
import { createStatus } from '../status'
import { createToolbar } from '../toolbar'
import { bannersFor, endingPage, TOO_BIG } from './chapter-words'
import type { Landing } from './landing'
import type { Page } from './page'

export interface ChapterRoutes {
  navigate: (path: string) => void
  /** Shows this chapter again from the beginning; `card` is put above it. */
  reload: (card?: HTMLElement) => void
  /** Ends with a page that says why. */
  end: (message: Landing) => void
  /** Called on 4401: true when the person is signed in after all. */
  stillIn: () => Promise<boolean>
}

/** Opens a chapter. Throws `ApiError` when there is none, or it may not be read, or it is not on this device while offline. */
export async function chapterPage(id: string, routes: ChapterRoutes, card?: HTMLElement): Promise<Page> {
  const me = session.body!.participant
  const chapter = await findChapter(id, me)
  const live = await LiveChapter.open(chapter, me)
  return build(live, me, routes, card)
}

async function findChapter(id: string, me: Participant): Promise<Chapter> {
  try {
    return await api.chapter(id)
  } catch (error) {
    const kept = rememberedList(me.id).find((each) => each.id === id)
    if (kept && error instanceof ApiError && (error.status === 0 || error.status >= 500)) return kept
    throw error
  }
}

function build(live: LiveChapter, me: Participant, routes: ChapterRoutes, card?: HTMLElement): Page {
  const notices = createNotices()
  const status = createStatus()
  const title = h('h1', { dir: 'auto', tabindex: '-1' }, live.chapter.title)
  const place = h('div', { class: 'text-place' })
  const waiting = h('p', { class: 'waiting', role: 'status' }, 'Loading the text…')
  const text = h('main', { id: 'text', class: 'paper', tabindex: '-1' }, title, waiting, place)
  const presence = createPresence(live.awareness, me)
  const toolbarPlace = h('div', { class: 'toolbar-place' })

  const editor = createEditor({
    place,
    fragment: live.text,
    awareness: live.awareness,
    participant: me.id,
    label: `Text of ${live.chapter.title}`,
    editable: () => live.ready && live.mayWrite,
    onUpdate: (view) => updated(view),
  })
  const { view } = editor
  const choose = (paragraph: string) => goTo(view, paragraph)
  const outline = createOutline(choose)
  const comments = createComments({ live, text: () => view.state.doc, onChoose: choose, onDone: () => view.focus() })
  const toolbar = createToolbar(view)
  const commentButton = h('button', { type: 'button', class: 'tool wide', title: `Comment on this paragraph (Ctrl+Alt+M)`, onclick: () => comments.write(currentParagraph(view)) }, icon('comment'), h('span', {}, 'Comment'))
  commentButton.addEventListener('mousedown', (event) => event.preventDefault())
  toolbarPlace.append(toolbar.element, ...(live.chapter.may_comment ? [commentButton] : []))

  let frame = 0
  let noted = '[]'
  let current: string | null = null
  const arrange = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0
      if (view.isDestroyed) return
      comments.show()
      const words = comments.inWords()
      if (JSON.stringify([...words]) !== noted) {
        noted = JSON.stringify([...words])
        highlight(view, { notes: words })
      }
      alignNotes(comments.element, view.dom)
    })
  }
  const updated = (changed: EditorView) => {
    queueMicrotask(() => {
      if (changed.isDestroyed) return
      toolbar.show()
      outline.show(changed.state.doc)
      const now = changed.hasFocus() ? currentParagraph(changed) : current
      if (now !== current) {
        current = now
        for (const group of comments.element.querySelectorAll<HTMLElement>('.note-group')) group.classList.toggle('is-current', group.dataset.paragraph === current)
      }
      arrange()
    })
  }

  let editable = view.editable
  const refresh = () => {
    const standing = live.standing
    status.show(standing)
    for (const [topic, banner] of bannersFor(standing, live.chapter, me)) notices.show(topic, banner)
    waiting.hidden = live.ready
    place.hidden = !live.ready
    toolbar.element.hidden = !live.mayWrite
    if (editable !== (live.ready && live.mayWrite)) {
      editable = !editable
      view.setProps({})
      toolbar.show()
    }
    arrange()
    if (live.ready) arrive()
  }
  let arrived = false
  const arrive = () => {
    if (arrived) return
    arrived = true
    const wanted = decodeURIComponent(location.hash.slice(1))
    if (wanted !== '') requestAnimationFrame(() => choose(wanted))
  }

  const meta = live.doc.getMap('meta')
  const retitle = () => {
    const now = meta.get('title')
    if (typeof now !== 'string' || now === '') return
    title.textContent = now
    document.title = `${now} — Adref`
  }
  meta.observe(retitle)
  live.doc.getMap('comments').observe(arrange)
  live.doc.getMap('sources').observe(arrange)
  live.on('before-update', () => takeUp(view))
  live.on('change', refresh)
  live.on('interrupted', (code) => notices.show('too-big', code === 1009 ? { ...TOO_BIG, actions: [{ label: 'Set it aside', run: () => void setAside() }] } : null))
  live.on('ended', (ending) => void ended(ending.code, ending.reason))

  const setAside = async () => {
    const words = live.unconfirmedText()
    const rescue = words.length > 0 ? rescueCard(words, () => rescue!.remove()) : undefined
    await leave(() => live.discard())
    routes.reload(rescue ?? card)
  }
  let lastPass = 0
  const ended = async (code: number, reason: string) => {
    if (code === 4400) return setAside()
    if (code === 4401 && Date.now() - lastPass > 10_000 && (await routes.stillIn())) {
      lastPass = Date.now()
      return live.connect()
    }
    await leave(() => live.close())
    routes.end(endingPage(code, reason, () => routes.navigate('/')))
  }

  const keys = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || !event.altKey || event.code !== 'KeyM' || !live.chapter.may_comment) return
    event.preventDefault()
    comments.write(currentParagraph(view))
  }
  document.addEventListener('keydown', keys)
  const sizes = new ResizeObserver(arrange)
  sizes.observe(place)
  sizes.observe(comments.element)

  let left = false
  const leave = async (end: () => Promise<void>) => {
    if (left) return
    left = true
    document.removeEventListener('keydown', keys)
    sizes.disconnect()
    wide.removeEventListener('change', fold)
    cancelAnimationFrame(frame)
    presence.destroy()
    editor.destroy()
    await end()
  }

  const header = h(
    'header',
    { class: 'topbar' },
    h('a', { class: 'back', href: '/' }, icon('back'), h('span', {}, 'Chapters')),
    toolbarPlace,
    h('div', { class: 'spacer' }),
    status.element,
    personBar(me, () => leave(() => live.close()), () => routes.navigate('/')),
  )
  const wide = matchMedia('(min-width: 800px)')
  const side = h('details', { class: 'side' }, h('summary', {}, 'Sections and people'), outline.element, presence.element)
  const fold = () => (side.open = wide.matches)
  fold()
  wide.addEventListener('change', fold)
  const columns = h('div', { class: 'columns' }, side, text, comments.element)
  const skip = h('a', { class: 'skip', href: '#text', onclick: (event) => (event.preventDefault(), view.focus()) }, 'Skip to the text')
  refresh()
  retitle()
  live.connect()
  return {
    title: live.chapter.title,
    elements: [skip, header, h('div', { class: 'above' }, notices.element, card), columns],
    leave: () => leave(() => live.close()),
  }
}
