/** What can be done to the text by key or button. */

import { toggleMark } from 'prosemirror-commands'
import type { Command } from 'prosemirror-state'
import { redoCommand, undoCommand } from 'y-prosemirror'
import { schema } from './schema'

const { strong, em, underline } = schema.marks

export const commands: Record<'bold' | 'italic' | 'underline' | 'undo' | 'redo', Command> = {
  bold: toggleMark(strong!),
  italic: toggleMark(em!),
  underline: toggleMark(underline!),
  undo: undoCommand,
  redo: redoCommand,
}

export const insertBreak: Command = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(schema.nodes.hardBreak!.create()).scrollIntoView())
  return true
}
