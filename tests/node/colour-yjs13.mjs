// yjs 13 with y-websocket 3: colours its text from the live maps.
//   {run} → {run, paragraphs, unknown}: as in runs-yjs13.mjs; how many words it was ever shown without an author
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { serve } from './colour-session.mjs'
import { runs, unknown } from './runs-yjs13.mjs'

const watch = (session) => {
  session.unknown = unknown(session.doc)
  session.doc.on('update', () => {
    session.unknown += unknown(session.doc)
  })
}

serve({ Doc: Y.Doc, WebsocketProvider, watch, colours: ({ doc, unknown }) => ({ paragraphs: runs(doc), unknown }) })
