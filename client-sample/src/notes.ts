/** What the server keeps beside the text: comments, and where a paragraph came from. Read here, never written. */

import type * as Y from 'yjs'

export interface Comment {
  id: string
  paragraph: string
  name: string
  text: string
  at: string
  resolved: boolean
}

export interface Source {
  id: string
  paragraph: string
  name: string
}

export interface Notes {
  comments: Comment[]
  sources: Source[]
}

/** Every note in the document, comments oldest first; anything that isn't a note is passed over. */
export function readNotes(doc: Y.Doc): Notes {
  const comments = entries(doc.getMap('comments')).map(([id, value]) => ({
    id,
    paragraph: word(value.paragraph),
    name: word(value.name),
    text: word(value.text),
    at: word(value.at),
    resolved: value.resolved === true,
  }))
  const sources = entries(doc.getMap('sources')).map(([id, value]) => ({ id, paragraph: word(value.paragraph), name: word(value.name) }))
  return { comments: comments.sort((a, b) => a.at.localeCompare(b.at)), sources }
}

function entries(map: Y.Map<unknown>): [string, Record<string, unknown>][] {
  return [...map.entries()].filter((entry): entry is [string, Record<string, unknown>] => typeof entry[1] === 'object' && entry[1] !== null)
}

const word = (value: unknown) => (typeof value === 'string' ? value : '')
