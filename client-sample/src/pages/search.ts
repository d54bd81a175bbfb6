/** Search through the paragraphs of all chapters. */

import { api, type SearchResult } from '../api'
import { count, h, icon, sentence } from '../dom'

const PAUSE_MS = 250
const AROUND = 90

export function createSearch(): HTMLElement {
  const field = h('input', { type: 'search', id: 'search', dir: 'auto', autocomplete: 'off', placeholder: 'Search all chapters', 'aria-label': 'Search all chapters' })
  const tally = h('p', { class: 'search-tally', role: 'status' })
  const results = h('ol', { class: 'results' })
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = 0
  const look = async () => {
    const words = field.value.trim()
    const turn = ++asked
    if (words.length < 2) {
      tally.textContent = ''
      results.replaceChildren()
      return
    }
    try {
      const found = await api.search(words)
      if (turn !== asked) return
      tally.textContent = found.length === 0 ? `Nothing found for “${words}”.` : `${count(found.length, 'place')} found`
      results.replaceChildren(...found.map(result))
    } catch (error) {
      if (turn === asked) tally.textContent = sentence(error)
    }
  }
  field.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), PAUSE_MS)
  })
  const form = h('form', { role: 'search', class: 'search', onsubmit: (event) => (event.preventDefault(), void look()) }, h('div', { class: 'search-field' }, icon('search'), field), tally)
  return h('div', { class: 'search-place' }, form, results)
}

function result({ chapter, title, paragraph, label, text, start, end }: SearchResult): HTMLElement {
  const from = start <= AROUND ? 0 : text.indexOf(' ', start - AROUND - 1) + 1
  const to = end + AROUND >= text.length ? text.length : text.lastIndexOf(' ', end + AROUND)
  const [first, last] = [Math.min(from, start), Math.max(to, end)]
  const words = h('span', { class: 'result-text', dir: 'auto' },
    (first > 0 ? '… ' : '') + text.slice(first, start), h('mark', {}, text.slice(start, end)), text.slice(end, last) + (last < text.length ? ' …' : ''))
  const place = h('span', { class: 'result-place', dir: 'auto' }, label ? `${label} · ${title}` : title)
  return h('li', {}, h('a', { href: `/chapters/${encodeURIComponent(chapter)}${paragraph && `#${encodeURIComponent(paragraph)}`}` }, place, words))
}
