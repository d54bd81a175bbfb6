// @y/y 14 with @y/websocket 4. Its types have no kinds, so it can't make the text of a new paragraph (what it calls
// unnamed, the older libraries read as a fragment): it adds paragraphs empty, and others fill them.
import { WebsocketProvider } from '@y/websocket'
import * as Y from '@y/y'
import { serve, span, WORDS } from './client-session.mjs'
import { plain, runs } from './traffic-tree.mjs'

const isType = (value) => value instanceof Y.Type

const dump = (node) => {
  if (isType(node) && node.name === null && node.parent !== null) {
    const delta = (node.toDelta().toJSON().children ?? []).map(({ insert, format }) => ({ insert, attributes: format }))
    return ['text', plain(node.getAttrs()), runs(delta)]
  }
  const children = node.toArray().map(dump)
  return node.parent === null ? children : [node.name, plain(node.getAttrs()), children]
}

const edit = (root, chance) => {
  const elements = root.toArray().filter(isType)
  const filled = elements.filter((element) => element.toArray().some(isType))
  const element = chance.random() < 0.5 ? elements[0] : chance.pick(filled)
  const text = element.toArray().find(isType)
  const words = text.toArray().join('')
  const { at, length } = span(chance, words, 4)
  const roll = chance.random()
  if (roll < 0.55 || words === '') text.insert(at, chance.pick(WORDS))
  else if (roll < 0.75) text.delete(at, length)
  else if (roll < 0.84) text.format(at, length, { strong: chance.random() < 0.6 ? {} : null })
  else if (roll < 0.9) element.setAttr('label', chance.pick(['1', '12 bis', '3.Alt.1']))
  else if (roll < 0.95) root.insert(1 + chance.below(root.length), [new Y.Type('paragraph')])
  else if (elements.length > 3) root.delete(1 + chance.below(root.length - 1), 1)
}

serve({ Doc: Y.Doc, WebsocketProvider, root: (doc) => doc.get('default'), edit, dump })
