// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import { createAuthors, delegationsOf } from '../src/imports/authors'
import { drawProblems } from '../src/imports/draw'
import { mergeTally, type Merge } from '../src/imports/merge'
import { byPlace, deeds, facts, placeOf, type Report } from '../src/imports/report'
import { choose } from '../src/imports/upload'

const change = (author: string, kind: string) => ({ line: 1, label: '1', kind, author, delegation: '', date: '', text: 'x', outcome: '' })
const problem = (line: number, code = 'picture') => ({ line, label: line === 0 ? '' : `${line} bis`, code, message: `about “${line}”` })
const report = (rest: Partial<Report> = {}): Report => ({
  chapter: null, title: 'T', unit: 'paragraph', sections: 2, paragraphs: 36, numbered: 35, comments: [], sources: [], read: [], problems: [], authors: [], changes: [], ...rest,
})

describe('the report on a file', () => {
  it('counts what was read', () => {
    expect(facts(report())).toEqual(['2 sections, 36 paragraphs, 35 of them numbered'])
    const more = report({ sections: 0, changes: [change('Egypt', 'inserted')], comments: [{ name: 'Egypt', number: 2 }, { name: '', number: 1 }] })
    expect(facts(more)).toEqual(['36 paragraphs, 35 of them numbered', '1 tracked change', 'Comments: \u2068Egypt\u2069 2, \u2068no name\u2069 1'])
  })

  it('says what each author did', () => {
    const authors = [{ name: 'Egypt', delegation: 'Egypt' }, { name: 'Janan', delegation: '' }]
    const did = deeds(report({ authors, changes: [change('Egypt', 'inserted'), change('Egypt', 'moved-here'), change('Egypt', 'inserted')] }))
    expect([...did]).toEqual([['Egypt', '2 inserted, 1 moved here'], ['Janan', 'comments only']])
  })

  it('tells problems by place, the file as a whole first, and who is who elsewhere', () => {
    const places = byPlace(report({ problems: [problem(7), problem(0), problem(7, 'symbol'), problem(0, 'author-unknown')] }))
    expect(places.map(([place, problems]) => [place, problems.length])).toEqual([['The file as a whole', 1], ['Paragraph 7 of the file, numbered \u20687 bis\u2069', 2]])
    expect(placeOf({ line: 3, label: '' }, 'line')).toBe('Line 3')
  })

  it('quotes every problem on the page, and says when there is none', () => {
    expect(drawProblems(report({ problems: [problem(7), problem(9)] })).textContent).toContain('about “9”')
    expect(drawProblems(report()).textContent).toBe('Nothing else to look at.')
  })
})

describe('who is who', () => {
  const delegations = delegationsOf([
    { delegation: 'jp', delegation_name: 'Japan' },
    { delegation: 'eg', delegation_name: 'Egypt' },
    { delegation: 'jp', delegation_name: 'Japan' },
  ])

  it('asks about whom the server does not know, and guesses nobody', () => {
    const authors = createAuthors(delegations, () => undefined)
    authors.show([{ name: 'Egypt', delegation: 'Egypt' }, { name: 'Janan', delegation: '' }], new Map())
    const [egypt, janan] = [...authors.element.querySelectorAll('select')]
    expect([egypt!.value, janan!.value]).toEqual(['eg', ''])
    expect([...authors.element.querySelectorAll<HTMLElement>('.author-asked')].map(({ hidden }) => hidden)).toEqual([true, false])
    expect([...authors.given()]).toEqual([])
    expect([...janan!.options].map(({ text }) => text)).toEqual(['Nobody: as the draft is', 'Egypt', 'Japan'])
  })

  it('keeps what a person said, and can take it back', () => {
    let asked = 0
    const authors = createAuthors(delegations, () => asked++)
    const found = [{ name: 'Janan', delegation: '' }]
    authors.show(found, new Map())
    const select = authors.element.querySelector('select')!
    const say = (value: string) => {
      select.value = value
      select.dispatchEvent(new Event('change'))
    }
    say('jp')
    authors.show([{ name: 'Janan', delegation: 'Japan' }], new Map())
    expect([asked, [...authors.given()], select.value]).toEqual([1, [['Janan', 'jp']], 'jp'])
    say('')
    authors.show(found, new Map())
    expect([asked, [...authors.given()], select.value]).toEqual([2, [], ''])
  })
})

describe('a file that is chosen', () => {
  it('is told by its ending, and kept as it was', async () => {
    const chosen = await choose(new File(['# Title'], 'Draft.MD'))
    expect([chosen.name, chosen.content.type, chosen.content.size]).toEqual(['Draft.MD', 'text/markdown', 7])
    expect((await choose(new File([''], 'draft'))).content.type).toBe('application/octet-stream')
  })
})

describe('a file that comes back', () => {
  const merge = (counts: Record<string, number>, comments: Merge['comments'] = []): Merge => ({
    dry_run: true, changed: true, base: { text: '' }, counts, differences: [], comments, authors: [], problems: [],
  })

  it('is summed up by what becomes of it', () => {
    expect(mergeTally(merge({ unchanged: 30 }))).toBe('')
    expect(mergeTally(merge({ changed: 1, new: 2, removed: 1, locked: 1, refused: 1, present: 4 }))).toBe('1 paragraph changed, 2 new, 1 deleted, 2 that can’t be brought in')
    expect(mergeTally(merge({}, [{ label: '1', name: 'Egypt', text: 'Why?' }]))).toBe('1 new comment')
  })
})
