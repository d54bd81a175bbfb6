import { describe, expect, it } from 'vitest'
import authorshipSheet from '../src/styles/authorship.css?raw'
import baseSheet from '../src/styles/base.css?raw'

type Colour = [number, number, number]

/** The colours that a style sheet names in its light and its dark part. */
function named(css: string): Record<'light' | 'dark', Map<string, string>> {
  const [light, dark] = css.split('@media (prefers-color-scheme: dark)')
  const read = (part = '') => new Map([...part.slice(0, part.indexOf('}')).matchAll(/--([\w-]+): ([^;]+);/g)].map(([, name, value]) => [name!, value!]))
  return { light: read(light), dark: read(dark) }
}

const rgb = (hex: string): Colour => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255) as Colour
const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
const luminance = (colour: Colour) => colour.map(linear).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i]!, 0)
const mixed = (a: Colour, b: Colour, share: number) => a.map((c, i) => c * share + b[i]! * (1 - share)) as Colour

function contrast(a: Colour, b: Colour): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** How eyes of each kind see red, green and blue (Machado, Oliveira and Fernandes, full strength). */
const EYES: Record<string, number[][]> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  'without red': [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
  'without green': [[0.367, 0.861, -0.228], [0.28, 0.673, 0.047], [-0.012, 0.043, 0.969]],
  'without blue': [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}

/** In CIE L*a*b*, as one kind of eyes sees it. */
function seen(colour: Colour, eyes: number[][]): number[] {
  const [r, g, b] = eyes.map((row) => Math.min(1, Math.max(0, row.reduce((sum, share, i) => sum + share * linear(colour[i]!), 0)))) as Colour
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)
  const [x, y, z] = [(0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047, 0.2126 * r + 0.7152 * g + 0.0722 * b, (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883]
  return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))]
}

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((c, i) => c - b[i]!))

const base = named(baseSheet)
const colours = named(authorshipSheet)
const groups = [0, 1, 2, 3, 4, 5]

describe.each(['light', 'dark'] as const)('the colours of the groups, %s,', (scheme) => {
  const tint = (group: number) => rgb(colours[scheme].get(`group-${group}`)!)
  const page = rgb(base[scheme].get('page')!)
  const ink = rgb(base[scheme].get('ink')!)

  it.each(Object.entries(EYES))('differ from each other and from the page for eyes %s', (_name, eyes) => {
    const all = [...groups.map(tint), page].map((colour) => seen(colour, eyes))
    const closest = all.flatMap((a, i) => all.slice(0, i).map((b) => distance(a, b)))
    expect(Math.min(...closest)).toBeGreaterThan(10)
  })

  it('leave the words on them easy to read, and their patterns to see', () => {
    for (const group of groups) {
      expect(contrast(tint(group), ink)).toBeGreaterThan(4.5)
      expect(contrast(rgb(colours[scheme].get(`group-${group}-line`)!), page)).toBeGreaterThan(3)
    }
  })

  it('leave words readable on the tint of any delegation’s colour', () => {
    const share = parseFloat(colours[scheme].get('by-tint-share')!) / 100
    const steps = ['00', '55', 'aa', 'ff']
    const dark = steps.flatMap((r) => steps.flatMap((g) => steps.map((b) => rgb(`#${r}${g}${b}`)))).filter((colour) => contrast(colour, [1, 1, 1]) >= 4.5)
    for (const colour of dark) expect(contrast(mixed(colour, page, share), ink)).toBeGreaterThan(4.5)
  })
})
