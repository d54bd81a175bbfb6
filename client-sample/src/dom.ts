/** Small helpers to build the page: elements, icons, words. */

type Child = Node | string | null | undefined | false
type Props = Record<string, string | number | boolean | EventListener | null | undefined>

/** Makes an element. `onclick`-like props become listeners; `class`, `data-…`, `aria-…` become attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value))
  }
  for (const child of children) if (child) element.append(child)
  return element
}

const SHAPES: Record<string, string> = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  dots: 'M5 12h.01M12 12h.01M19 12h.01',
  cloudOff: 'M4 4l16 16M9 6.2A6 6 0 0 1 18 10a4 4 0 0 1 2.5 6.6M16.5 18H7a4.5 4.5 0 0 1-1-8.9',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z',
  warn: 'M12 4L2.8 20h18.4L12 4zM12 10v4.5M12 17.3v.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.6v.01',
  comment: 'M4 5h16v11H11l-4.5 4v-4H4V5z',
  source: 'M6 3h8l4 4v14H6V3zM14 3v4h4M9 12h6M9 16h6',
  undo: 'M8.5 5L4 9.5 8.5 14M4.5 9.5H14a5 5 0 0 1 0 10h-3',
  redo: 'M15.5 5L20 9.5 15.5 14M19.5 9.5H10a5 5 0 0 0 0 10h3',
  back: 'M14.5 5.5L8 12l6.5 6.5',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.3-3.7 3-5.5 6.5-5.5s6.2 1.8 6.5 5.5M16 5a3.2 3.2 0 0 1 0 6.3M18 14.8c2.2.7 3.4 2.5 3.5 5.2',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  pen: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20zM14 6.5L17.5 10',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20.5 20.5',
  palette: 'M12 3.5a8.5 8.5 0 1 0 0 17c1.6 0 2-1 1.6-2-.6-1.6.3-2.7 2-2.7h2.2c1.7 0 2.7-1.2 2.7-3C20.5 7.5 16.7 3.5 12 3.5zM7.5 12h.01M9.7 7.9h.01M14.3 7.9h.01',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9V9zM5 15H4V4h11v1',
  lock: 'M6 11h12v9H6v-9zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  unlocked: 'M6 11h12v9H6v-9zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2M12 14.5v2',
  gavel: 'M10.5 4.5l6 6M8 7l6 6M13.5 3l5 5-5.5 5.5-5-5L13.5 3zM10.5 11L4 17.5 6.5 20 13 13.5M13 20.5h8',
  seal: 'M12 3l2.2 1.7 2.8-.2 1 2.6 2.3 1.5-.7 2.7.7 2.7-2.3 1.5-1 2.6-2.8-.2L12 19.6l-2.2-1.7-2.8.2-1-2.6-2.3-1.5.7-2.7-.7-2.7 2.3-1.5 1-2.6 2.8.2L12 3zM8.7 11.5l2.3 2.3 4.3-4.6',
  adref: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM8.3 12.3l2.7 2.7 4.8-5.5',
  brackets: 'M8.5 4.5H5v15h3.5M15.5 4.5H19v15h-3.5',
  hourglass: 'M7 3.5h10M7 20.5h10M8 3.5c0 5 8 6 8 8.5s-8 3.5-8 8.5M16 3.5c0 5-8 6-8 8.5s8 3.5 8 8.5',
  cross: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9 9l6 6M15 9l-6 6',
  papers: 'M7.5 3H15l4 4v11H7.5V3zM15 3v4h4M4.5 6.5V21H16M10.5 11h5.5M10.5 14.5h5.5',
  stamp: 'M9 13l.6-3.2a4 4 0 1 1 4.8 0L15 13M5 13h14v4H5v-4zM6 20.5h12',
  download: 'M12 4v11M7 10.5l5 5 5-5M4.5 20h15',
  upload: 'M12 16V5M7 9.5l5-5 5 5M4.5 20h15',
  globe: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c2.5 2.3 3.7 5.2 3.7 8.5s-1.2 6.2-3.7 8.5c-2.5-2.3-3.7-5.2-3.7-8.5s1.2-6.2 3.7-8.5z',
  compare: 'M4 7h13M13.5 3.5L17 7l-3.5 3.5M20 17H7M10.5 13.5L7 17l3.5 3.5',
  restore: 'M4 5v5h5M4.5 10a8 8 0 1 1-.3 4M12 8v4.5l3 2',
  tray: 'M3.5 13.5l3-8h11l3 8v6h-17v-6zM3.5 13.5h5l1.5 2.5h4l1.5-2.5h5',
}

/** A line icon; always beside words, so hidden from screen readers. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  path.setAttribute('d', SHAPES[name] ?? '')
  svg.append(path)
  return svg
}

/** "1 paragraph", "36 paragraphs". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** A time as its reader would say it: the hour today, the day before that. */
export function when(at: string): string {
  const date = new Date(at)
  if (at === '' || Number.isNaN(date.getTime())) return ''
  const today = date.toDateString() === new Date().toDateString()
  return today
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
}

/** The sentence of any error, begun and ended as a sentence. */
export function sentence(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return words.slice(0, 1).toUpperCase() + words.slice(1) + (/[.!?…]$/.test(words) ? '' : '.')
}
