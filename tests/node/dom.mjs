// A browser's globals for ProseMirror. To be imported before it.
import { JSDOM } from 'jsdom'

const dom = new JSDOM('<!doctype html><body></body>')
for (const name of ['window', 'document', 'Node', 'HTMLElement', 'MutationObserver', 'getSelection', 'DOMParser']) {
  globalThis[name] = name === 'window' ? dom.window : dom.window[name]
}
globalThis.getSelection = () => dom.window.getSelection()
