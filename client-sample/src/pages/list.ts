/** The list of chapters, the search through all of them, and the making of a new one. */

import { api, ApiError, type Chapter } from '../api'
import { count, h, icon, sentence } from '../dom'
import { createImporter } from '../imports/importer'
import { createNotices } from '../notice'
import { rememberedList, rememberList, unsaved } from '../offline'
import { personBar } from '../person'
import { session } from '../session'
import type { Page } from './page'
import { createSearch } from './search'

const REFRESH_MS = 15_000

export function listPage(navigate: (path: string) => void): Page {
  const me = session.body!.participant
  const notices = createNotices()
  const list = h('ul', { class: 'chapters', 'data-testid': 'chapter-list', 'aria-label': 'Chapters' })
  const empty = h('p', { class: 'empty', hidden: true }, 'No chapter yet.')
  const search = createSearch()
  let shown = ''

  const show = (chapters: Chapter[]) => {
    const now = JSON.stringify(chapters)
    if (now === shown) return
    shown = now
    empty.hidden = chapters.length > 0
    const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null
    list.replaceChildren(...chapters.map((chapter) => row(chapter, unsaved(me.id, chapter.id))))
    if (focused) list.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus()
  }
  const load = async () => {
    try {
      const chapters = await api.chapters()
      rememberList(me.id, chapters)
      notices.show('reach', null)
      show(chapters)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return navigate('/')
      notices.show('reach', { tone: 'warn', text: `${sentence(error)} The list may be out of date; chapters you opened before can still be read here.` })
      show(rememberedList(me.id))
    }
  }
  const timer = setInterval(() => document.visibilityState === 'visible' && void load(), REFRESH_MS)
  void load()

  const importer = session.may('import-chapter') ? createImporter(() => void load()) : null
  const create = session.may('create-chapter') ? createForm(navigate) : null
  const header = h('header', { class: 'topbar' }, h('p', { class: 'brand' }, 'Adref'), h('div', { class: 'spacer' }), personBar(me, () => Promise.resolve(), () => navigate('/')))
  const main = h(
    'main',
    { id: 'main', class: 'list-page' },
    notices.element,
    h('div', { class: 'list-head' }, h('h1', { tabindex: '-1' }, 'Chapters'), h('div', { class: 'actions' }, importer?.button, create?.[0]), create?.[1], importer?.element),
    search,
    list,
    empty,
  )
  const leave = async () => {
    clearInterval(timer)
    importer?.destroy()
  }
  return { title: 'Chapters', elements: [header, main], leave }
}

function row(chapter: Chapter, waiting: number): HTMLElement {
  const right = chapter.may_write ? fact('pen', 'You can edit') : fact('eye', chapter.may_comment ? 'You can read and comment' : 'You can read')
  return h(
    'li',
    {},
    h('a', { class: 'chapter-link', 'data-testid': 'chapter-link', 'data-chapter': chapter.id, href: `/chapters/${encodeURIComponent(chapter.id)}` },
      h('span', { class: 'chapter-title', dir: 'auto' }, chapter.title),
      h('span', { class: 'facts' },
        fact('list', count(chapter.paragraphs, 'paragraph')),
        fact('people', chapter.online > 0 ? `${chapter.online} here now` : 'Nobody here now'),
        right,
        waiting > 0 ? fact('cloudOff', `${count(waiting, 'change')} only on this device`) : null)),
  )
}

const fact = (sign: string, words: string) => h('span', { class: 'fact' }, icon(sign), words)

function createForm(navigate: (path: string) => void): [button: HTMLElement, form: HTMLElement] {
  const field = h('input', { type: 'text', id: 'new-title', required: true, maxlength: 200, dir: 'auto', autocomplete: 'off' })
  const trouble = h('p', { class: 'trouble', role: 'alert' })
  const form = h(
    'form',
    { class: 'create', hidden: true },
    h('label', { for: 'new-title' }, 'Title of the new chapter'),
    h('div', { class: 'actions' }, field, h('button', { type: 'submit', class: 'button primary' }, 'Create')),
    trouble,
  )
  const open = h('button', { type: 'button', class: 'button', 'aria-expanded': 'false' }, 'New chapter')
  open.addEventListener('click', () => {
    form.hidden = !form.hidden
    open.setAttribute('aria-expanded', String(!form.hidden))
    if (!form.hidden) field.focus()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    api.createChapter(field.value.trim()).then(
      ({ id }) => navigate(`/chapters/${encodeURIComponent(id)}`),
      (error: unknown) => (trouble.textContent = sentence(error)),
    )
  })
  return [open, form]
}
