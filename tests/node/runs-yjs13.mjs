// The text of a yjs 13 document in runs by author, from the maps in it, with the program of docs/protocol.md:
// [{id, label, runs: [{text, delegation, group, participant}]}]
import * as Y from 'yjs'
import { documented, joined } from './documented.mjs'

const { authorshipOf, piecesOf } = await documented('authorshipOf')

const textsOf = (node) => (node instanceof Y.XmlText ? [node] : node.toArray().flatMap(textsOf))

const paragraphsOf = (doc) => {
  const clients = authorshipOf(doc)
  return doc.getXmlFragment('default').toArray().map((paragraph) => ({
    paragraph, pieces: textsOf(paragraph).flatMap((text) => piecesOf(text, clients)),
  }))
}

export const runs = (doc) => {
  const authors = doc.getMap('authors')
  return paragraphsOf(doc).map(({ paragraph, pieces }) => ({
    id: paragraph.getAttribute?.('id') ?? '',
    label: paragraph.getAttribute?.('label') ?? '',
    runs: joined(pieces.map(({ text, tag }) => {
      const { delegation = '', group = '', participant = '' } = authors.get(tag) ?? {}
      return { text, delegation, group, participant }
    })),
  }))
}

// How many pieces of the text nobody is said to have written.
export const unknown = (doc) => (
  paragraphsOf(doc).flatMap(({ pieces }) => pieces).filter(({ tag }) => tag === undefined).length
)
