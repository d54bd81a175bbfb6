/** The few commands on the text, as buttons that the arrow keys walk through. */

import type { EditorView } from 'prosemirror-view'
import type { Commands } from './editor/commands'
import { schema } from './editor/schema'
import { h, icon } from './dom'

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent)
const shortcut = (keys: string) => keys.replace('Mod', MAC ? '⌘' : 'Ctrl')

interface Tool {
  name: string
  keys: string
  face: () => Node
  run: keyof Commands
  mark?: string
}

const TOOLS: Tool[] = [
  { name: 'Bold', keys: 'Mod+B', face: () => h('b', {}, 'B'), run: 'bold', mark: 'strong' },
  { name: 'Italic', keys: 'Mod+I', face: () => h('i', {}, 'I'), run: 'italic', mark: 'em' },
  { name: 'Underline', keys: 'Mod+U', face: () => h('u', {}, 'U'), run: 'underline', mark: 'underline' },
  { name: 'Undo', keys: 'Mod+Z', face: () => icon('undo'), run: 'undo' },
  { name: 'Redo', keys: 'Mod+Y', face: () => icon('redo'), run: 'redo' },
]

export function createToolbar(view: EditorView, commands: Commands): { element: HTMLElement; show: () => void } {
  const buttons = TOOLS.map((tool) => drawTool(view, commands, tool))
  const element = h('div', { class: 'toolbar', role: 'toolbar', 'aria-label': 'Formatting', 'aria-controls': 'text' }, ...buttons)
  rove(element, buttons)
  const show = () => TOOLS.forEach((tool, i) => refresh(view, commands, tool, buttons[i]!))
  return { element, show }
}

function drawTool(view: EditorView, commands: Commands, { name, keys, face, run }: Tool): HTMLButtonElement {
  const act = () => {
    commands[run](view.state, view.dispatch, view)
    view.focus()
  }
  const hint = `${name} (${shortcut(keys)})`
  const button = h('button', { type: 'button', class: 'tool', title: hint, 'aria-label': hint, onclick: act }, face())
  // The pointer must not take the selection out of the text.
  button.addEventListener('mousedown', (event) => event.preventDefault())
  return button
}

function refresh(view: EditorView, commands: Commands, { run, mark }: Tool, button: HTMLButtonElement): void {
  if (mark) button.setAttribute('aria-pressed', String(isOn(view, mark)))
  button.setAttribute('aria-disabled', String(!view.editable || !commands[run](view.state)))
}

function isOn(view: EditorView, mark: string): boolean {
  const type = schema.marks[mark]!
  const { from, to, empty, $from } = view.state.selection
  if (empty) return type.isInSet(view.state.storedMarks ?? $from.marks()) !== undefined
  return view.state.doc.rangeHasMark(from, to, type)
}

/** One stop for the Tab key; the arrow keys go from tool to tool. */
function rove(bar: HTMLElement, buttons: HTMLButtonElement[]): void {
  const focus = (index: number) => {
    buttons.forEach((button, i) => (button.tabIndex = i === index ? 0 : -1))
    return buttons[index]!
  }
  focus(0)
  bar.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
    if (step === undefined) return
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const forward = getComputedStyle(bar).direction === 'rtl' ? -step : step
    focus((at + forward + buttons.length) % buttons.length).focus()
  })
}
