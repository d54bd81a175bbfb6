// A paragraph as plain values that can be compared.
import * as Y from 'yjs'

export const textOf = (element) => element?.toArray?.().find((child) => child instanceof Y.XmlText && child.length)

export const plainOf = (text) => text.toDelta().map(({ insert }) => insert).join('')

// [name, attributes, children]; a text is its delta, and one that shows nothing is left out.
export const form = (node) => {
  if (node instanceof Y.XmlText) return node.toDelta()
  return [node.nodeName, node.getAttributes(), node.toArray().map(form).filter((child) => child.length)]
}
