// yjs 13 with y-websocket 3.
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { serve, span, WORDS } from './client-session.mjs'
import { dump } from './traffic-tree.mjs'

const textOf = (element) => {
  const inner = element.toArray().find((child) => child instanceof Y.XmlText)
  if (inner) return inner
  const made = new Y.XmlText()
  element.insert(0, [made])
  return made
}

const edit = (root, chance) => {
  const elements = root.toArray().filter((child) => child instanceof Y.XmlElement)
  const element = chance.random() < 0.5 ? elements[0] : chance.pick(elements)
  const text = textOf(element)
  const plain = text.toDelta().map(({ insert }) => insert).join('')
  const { at, length } = span(chance, plain, 4)
  const roll = chance.random()
  if (roll < 0.55 || plain === '') text.insert(at, chance.pick(WORDS))
  else if (roll < 0.75) text.delete(at, length)
  else if (roll < 0.84) text.format(at, length, { strong: chance.random() < 0.6 ? {} : null })
  else if (roll < 0.9) element.setAttribute('label', chance.pick(['1', '12 bis', '3.Alt.1']))
  else if (roll < 0.95) {
    const made = new Y.XmlElement('paragraph')
    const inner = new Y.XmlText()
    inner.insert(0, chance.pick(WORDS))
    made.insert(0, [inner])
    root.insert(1 + chance.below(root.length), [made])
  } else if (elements.length > 3) root.delete(1 + chance.below(root.length - 1), 1)
}

serve({ Doc: Y.Doc, WebsocketProvider, root: (doc) => doc.getXmlFragment('default'), edit, dump })
