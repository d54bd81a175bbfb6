/** The paragraph at the caret as the rulings have it, and how paragraphs are called. */

import type { Node } from 'prosemirror-model'
import type { Hold } from './hold'
import { isHere, type Here } from './people'
import type { Subject } from './powers'
import { HEADINGS, type Lock, type Rulings } from './rulings'
import { placeName } from './words'

const nameOf = (node: Node) => placeName(node.attrs.label as string, node.textContent, node.type.name === 'heading')

/** What each paragraph of a text is called. */
export function placesIn(doc: Node): (id: string) => string {
  const nodes = new Map(doc.children.map((node) => [node.attrs.id as unknown, node]))
  return (id) => {
    const node = nodes.get(id)
    return node ? nameOf(node) : 'a paragraph no longer in the text'
  }
}

/** What can be ruled on; null where there is no paragraph of that id. */
export function subjectOf(doc: Node, id: string | null, rulings: Rulings, hold: Hold, here: Here): Subject | null {
  const index = doc.children.findIndex((node) => node.attrs.id === id)
  const node = doc.children[index]
  if (id === null || node === undefined) return null
  const heading = doc.children.slice(0, index + 1).findLast((each) => each.type.name === 'heading')
  const section = heading ? String(heading.attrs.id) : null
  const at = (key: string): Lock | null => rulings.locks.get(key) ?? null
  const lock = hold.lockOn(id, node.type.name === 'heading')
  return {
    id,
    name: nameOf(node),
    text: node.textContent,
    plain: node.textContent.length === node.content.size,
    lock,
    here: lock !== null && isHere(here, lock.holder),
    standing: rulings.standings.get(id) ?? null,
    section: section === null ? null : { id: section, name: `“${heading!.textContent}”` },
    headings: at(HEADINGS),
    sectionLock: section !== null && at(section)?.scope === 'section' ? at(section) : null,
  }
}
