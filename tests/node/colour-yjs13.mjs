// yjs 13 with y-websocket 3: colours its text from the live maps, with the program of docs/protocol.md.
//   {run} → {run, paragraphs: [{id, label, runs: [{text, delegation, group, participant}]}], unknown}
// `unknown` counts the words that it was ever shown without an author.
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { joined, serve } from './colour-session.mjs'
import { documented } from './documented.mjs'

const { authorshipOf, piecesOf } = await documented('authorshipOf')

const textsOf = (node) => (node instanceof Y.XmlText ? [node] : node.toArray().flatMap(textsOf))

const paragraphsOf = (doc) => {
  const clients = authorshipOf(doc)
  return doc.getXmlFragment('default').toArray().map((paragraph) => ({
    paragraph, pieces: textsOf(paragraph).flatMap((text) => piecesOf(text, clients)),
  }))
}

const watch = (session) => {
  session.unknown = 0
  const look = () => {
    const pieces = paragraphsOf(session.doc).flatMap(({ pieces }) => pieces)
    session.unknown += pieces.filter(({ tag }) => tag === undefined).length
  }
  look()
  session.doc.on('update', look)
}

const colours = ({ doc, unknown }) => {
  const authors = doc.getMap('authors')
  const paragraphs = paragraphsOf(doc).map(({ paragraph, pieces }) => ({
    id: paragraph.getAttribute?.('id') ?? '',
    label: paragraph.getAttribute?.('label') ?? '',
    runs: joined(pieces.map(({ text, tag }) => {
      const { delegation = '', group = '', participant = '' } = authors.get(tag) ?? {}
      return { text, delegation, group, participant }
    })),
  }))
  return { paragraphs, unknown }
}

serve({ Doc: Y.Doc, WebsocketProvider, watch, colours })
