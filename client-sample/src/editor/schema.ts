/** What a chapter is made of, and a guest's place for whatever another editor put into it. */

import { Mark, MarkType, Schema, type MarkSpec, type Node, type NodeSpec } from 'prosemirror-model'

const identity = { id: { default: null }, label: { default: '' } }

/** `dir=auto` lets each paragraph run the way its own words do. */
const blockAttributes = (node: Node) => ({
  dir: 'auto',
  'data-id': node.attrs.id as string | null,
  'data-label': node.attrs.label as string,
})

const readIdentity = (element: HTMLElement) => ({
  id: element.getAttribute('data-id'),
  label: element.getAttribute('data-label') ?? '',
})

const nodes: Record<string, NodeSpec> = {
  doc: { content: 'block+' },
  paragraph: {
    content: 'inline*',
    group: 'block',
    attrs: identity,
    parseDOM: [{ tag: 'p', getAttrs: readIdentity }],
    toDOM: (node) => ['p', blockAttributes(node), 0],
  },
  heading: {
    content: 'inline*',
    group: 'block',
    attrs: { ...identity, level: { default: 2 } },
    defining: true,
    parseDOM: [1, 2, 3, 4].map((level) => ({ tag: `h${level}`, getAttrs: (el) => ({ ...readIdentity(el), level }) })),
    toDOM: (node) => [`h${headingLevel(node)}`, { ...blockAttributes(node), 'data-level': String(node.attrs.level) }, 0],
  },
  /** Stands for an element that this page can't edit. It is never written back. */
  unknown: {
    group: 'block',
    atom: true,
    selectable: true,
    attrs: { ...identity, key: { default: '' }, text: { default: '' } },
    toDOM: (node) => [
      'div',
      { ...blockAttributes(node), class: 'unknown', contenteditable: 'false', role: 'note' },
      ['span', { class: 'unknown-note' }, 'Content from another editor, not editable here'],
      ['span', { class: 'unknown-text', dir: 'auto' }, node.attrs.text as string],
    ],
  },
  text: { group: 'inline' },
  hardBreak: { inline: true, group: 'inline', selectable: false, parseDOM: [{ tag: 'br' }], toDOM: () => ['br'] },
}

const marks: Record<string, MarkSpec> = {
  strong: {
    parseDOM: [{ tag: 'strong' }, { tag: 'b', getAttrs: (el) => !/font-weight:\s*(normal|400)/.test(el.getAttribute('style') ?? '') && null }],
    toDOM: () => ['strong', 0],
  },
  em: { parseDOM: [{ tag: 'em' }, { tag: 'i', getAttrs: (el) => !/font-style:\s*normal/.test(el.getAttribute('style') ?? '') && null }], toDOM: () => ['em', 0] },
  underline: { parseDOM: [{ tag: 'u' }], toDOM: () => ['u', 0] },
  strike: { parseDOM: [{ tag: 's' }, { tag: 'del' }], toDOM: () => ['s', 0] },
}

export const schema = new Schema({ nodes, marks })

/** The level of a heading within the page, whose own title is level 1. */
export function headingLevel(node: Node): number {
  return Math.min(Math.max(Math.round(Number(node.attrs.level)) || 2, 2), 6)
}

const foreign = new Map<string, MarkType>()

/** A mark by its name in the Yjs document. One that the schema lacks keeps its name and value, to be written back as it was. */
export function markNamed(name: string, value: unknown): Mark {
  const known = schema.marks[name]
  if (known) return known.create(typeof value === 'object' ? (value as Record<string, unknown>) : null)
  const type = foreign.get(name) ?? foreignType(name)
  // The library's types hide this constructor; `create` would drop attributes that no specification names.
  const Constructor = Mark as unknown as new (type: MarkType, attrs: unknown) => Mark
  return new Constructor(type, value)
}

function foreignType(name: string): MarkType {
  const shown = name.replace(/--.*$/, '').replace(/[^a-zA-Z0-9-]/g, '')
  const spec: MarkSpec = { inclusive: false, toDOM: () => ['span', { class: `foreign foreign-${shown}` }, 0] }
  const Constructor = MarkType as unknown as new (name: string, rank: number, schema: Schema, spec: MarkSpec) => MarkType
  const type = new Constructor(name, 1000 + foreign.size, schema, spec)
  // As the schema does for its own: a mark that excludes itself keeps its plain name in Yjs.
  Object.assign(type, { excluded: [type] })
  foreign.set(name, type)
  return type
}
