/** The sections of the text, as a way around it. */

import type { Node } from 'prosemirror-model'
import { h } from './dom'

/** The headings that lead somewhere: the lines of the title, level 1, only if there are no others. */
function sections(doc: Node): Node[] {
  const headings = doc.children.filter((node) => node.type.name === 'heading' && node.attrs.id && node.textContent.trim() !== '')
  const below = headings.filter((node) => Number(node.attrs.level) > 1)
  return below.length > 0 ? below : headings
}

export function createOutline(onChoose: (paragraph: string) => void): { element: HTMLElement; show: (doc: Node) => void } {
  const list = h('ol', {})
  const element = h('nav', { class: 'outline', 'aria-label': 'Sections', hidden: true }, h('h2', {}, 'Sections'), list)
  let shown = ''
  const show = (doc: Node) => {
    const headings = sections(doc)
    const entries = headings.map((node) => ({ id: node.attrs.id as string, label: node.attrs.label as string, text: node.textContent }))
    if (JSON.stringify(entries) === shown) return
    shown = JSON.stringify(entries)
    element.hidden = entries.length === 0
    list.replaceChildren(
      ...entries.map(({ id, label, text }) => {
        const go = (event: Event) => {
          event.preventDefault()
          onChoose(id)
        }
        return h('li', {}, h('a', { href: `#${id}`, onclick: go }, label && h('bdi', { class: 'outline-label' }, label), h('bdi', {}, text)))
      }),
    )
  }
  return { element, show }
}
