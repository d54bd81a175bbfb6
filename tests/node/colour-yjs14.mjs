// @y/y 14 with @y/websocket 4: renders its text with the attributions of the content map, with the program of
// docs/protocol.md. {run, deleted} → {run, paragraphs: [{id, label, runs: [{text, delegation, group, participant, at,
// deleted_by?}]}]}
import { WebsocketProvider } from '@y/websocket'
import * as Y from '@y/y'
import { joined, serve } from './colour-session.mjs'
import { documented } from './documented.mjs'

const { attributionsOf, visible, withDeleted } = await documented('attributionsOf')

const act = (attribution, action) => ({
  delegation: attribution[`${action}:delegation`] ?? '',
  group: attribution[`${action}:group`] ?? '',
  participant: attribution[`${action}:participant`] ?? '',
  at: new Date(attribution[`${action}At`]).toISOString().replace('.000Z', 'Z'),
})

const runOf = (text, attribution) => ({
  text, ...act(attribution, 'insert'), ...(attribution.delete && { deleted_by: act(attribution, 'delete') }),
})

// What a rendered type holds: texts as runs, in order; a space for a picture.
// What nobody has any more is a bare deletion in between.
const runsOf = ({ children }) => [...children].flatMap(({ insert = [], attribution }) => (
  typeof insert === 'string' ? [runOf(insert, attribution)] : insert.flatMap((inner) => (
    inner.children ? runsOf(inner) : [runOf(' ', attribution)]
  ))
))

// What an attribute of a type says, or said until the type was deleted.
const attribute = ({ attrs }, name) => attrs[name]?.value ?? attrs[name]?.prevValue ?? ''

const colours = async ({ doc, http, chapter, token }, { deleted }) => {
  const map = await attributionsOf(http, chapter, token)
  const { children } = (deleted ? withDeleted : visible)(doc, map)
  const paragraphs = [...children].flatMap(({ insert = [] }) => insert).map((paragraph) => ({
    id: attribute(paragraph, 'id'), label: attribute(paragraph, 'label'), runs: joined(runsOf(paragraph)),
  }))
  return { paragraphs }
}

serve({ Doc: Y.Doc, WebsocketProvider, colours })
