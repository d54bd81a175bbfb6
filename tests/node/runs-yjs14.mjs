// The text of a @y/y 14 document in runs by author, from a content map, with the programs of docs/protocol.md:
// [{id, label, runs: [{text, delegation, group, participant, at, deleted_by?}]}]
import { documented, joined } from './documented.mjs'

export const { attributionsOf, visible, withDeleted } = await documented('attributionsOf')

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

// Of what `visible` or `withDeleted` renders; paragraphs that are gone have lost their names.
export const runs = ({ children }) => [...children].flatMap(({ insert = [] }) => insert).map((paragraph) => {
  const { id, label } = paragraph.attrs
  return { id: id?.value ?? '', label: label?.value ?? '', runs: joined(runsOf(paragraph)) }
})
