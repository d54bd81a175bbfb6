/** What can be done to the text by key or button. */

import { toggleMark } from 'prosemirror-commands'
import type { Command } from 'prosemirror-state'
import { schema } from './schema'

const { strong, em, underline } = schema.marks

export type Commands = Record<'bold' | 'italic' | 'underline' | 'undo' | 'redo', Command>

export const marking = {
  bold: toggleMark(strong!),
  italic: toggleMark(em!),
  underline: toggleMark(underline!),
}

export const insertBreak: Command = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(schema.nodes.hardBreak!.create()).scrollIntoView())
  return true
}
