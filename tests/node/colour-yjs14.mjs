// @y/y 14 with @y/websocket 4: renders its text with the attributions of the content map.
//   {run, deleted} → {run, paragraphs}: as in runs-yjs14.mjs
import { WebsocketProvider } from '@y/websocket'
import * as Y from '@y/y'
import { serve } from './colour-session.mjs'
import { attributionsOf, runs, visible, withDeleted } from './runs-yjs14.mjs'

const colours = async ({ doc, http, chapter, token }, { deleted }) => {
  const map = await attributionsOf(http, chapter, token)
  return { paragraphs: runs((deleted ? withDeleted : visible)(doc, map)) }
}

serve({ Doc: Y.Doc, WebsocketProvider, colours })
