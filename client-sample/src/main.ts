/** The beginning: who is signed in, and which page the address asks for. */

import './styles/base.css'
import './styles/text.css'
import './styles/chapter.css'
import './styles/authorship.css'
import './styles/gavel.css'
import './styles/imports.css'
import './styles/papers.css'
import './styles/print.css'
import { ApiError } from './api'
import { h, sentence } from './dom'
import { chapterPage } from './pages/chapter'
import { joinPage, landingPage, type Landing } from './pages/landing'
import { listPage } from './pages/list'
import type { Page } from './pages/page'
import { loadSession, renew, session } from './session'

const RELOAD_PAUSE_MS = 5_000

const app = document.getElementById('app')!
let page: Page | null = null
let turn = 0
let lastReload = 0

function put(elements: HTMLElement[], title: string): void {
  document.title = title === '' ? 'Adref' : `${title} — Adref`
  app.replaceChildren(...elements)
}

async function show(next: Page): Promise<void> {
  page = next
  put(next.elements, next.title)
  // The new page's heading takes the focus, so that a screen reader begins there and not at the old link.
  if (moved) app.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  moved = true
}

let moved = false

function say(message?: Landing): void {
  page = null
  put([landingPage(message)], message?.title ?? '')
}

async function leavePage(): Promise<void> {
  const leaving = page
  page = null
  await leaving?.leave()
}

function navigate(path: string): void {
  history.pushState(null, '', path)
  window.scrollTo(0, 0)
  void route()
}

/** Shows what the address asks for. A later call overtakes an earlier one that still waits. */
async function route(card?: HTMLElement): Promise<void> {
  const mine = ++turn
  await leavePage()
  if (location.pathname === '/join') return joinPage((element) => put([element], ''), () => (history.replaceState(null, '', '/'), void route()))
  try {
    if (session.body === null && (await loadSession()) === null) return say()
    const chapter = /^\/chapters\/([^/]+)\/?$/.exec(location.pathname)?.[1]
    const next = chapter === undefined ? listPage(navigate) : await openChapter(decodeURIComponent(chapter), card)
    if (mine === turn) await show(next)
    else await next.leave()
  } catch (error) {
    if (mine === turn) say(failure(error))
  }
}

function openChapter(id: string, card?: HTMLElement): Promise<Page> {
  if (page === null) put([h('main', { class: 'landing' }, h('p', { class: 'lead', role: 'status' }, 'Opening the chapter…'))], '')
  return chapterPage(id, { navigate, reload, end: say, stillIn: renew }, card)
}

/** Shows the chapter afresh; a server that refuses even a fresh copy is not asked for ever. */
function reload(card?: HTMLElement): void {
  const again = Date.now() - lastReload < RELOAD_PAUSE_MS
  lastReload = Date.now()
  if (!again) return void route(card)
  say({ title: 'The chapter could not be opened', text: 'The server does not accept this page’s copy. Please try again in a moment, or tell the secretariat.', retry: () => void route(card) })
  if (card) app.append(card)
}

function failure(error: unknown): Landing {
  const back = () => navigate('/')
  if (error instanceof ApiError) {
    if (error.status === 401) return { title: 'You are signed out', text: 'Please open the link in your invitation again.' }
    if (error.status === 403) return { title: 'This chapter is not open to you', text: sentence(error), retry: back }
    if (error.status === 404) return { title: 'There is no such chapter', text: 'The address may be incomplete, or the chapter was withdrawn.', retry: back }
  }
  return { title: 'The server cannot be reached', text: 'Please check your connection and try again.', retry: () => void route() }
}

/** Links within the page change the page, not the document. */
function follow(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  if (link.origin !== location.origin || link.target !== '' || link.hasAttribute('download') || link.getAttribute('href')?.startsWith('#')) return
  event.preventDefault()
  navigate(link.pathname + link.hash)
}

/** A file that is let go where none is taken does not take the page's place. */
function keepPage(event: DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
  event.preventDefault()
  event.dataTransfer.dropEffect = 'none'
}

document.addEventListener('click', follow)
addEventListener('dragover', keepPage)
addEventListener('drop', keepPage)
addEventListener('popstate', () => void route())
void route()
