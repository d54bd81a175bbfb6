/** When a word was first written, and who moved it since: asked of the server when somebody stays on it. */

import { api, type Runs } from '../api'
import { when } from '../dom'
import { directory } from './bylines'

/** What is asked for: a letter by its place in the paragraph's words. */
export interface Letter {
  paragraph: string
  /** The paragraph's words as they are shown. */
  words: string
  offset: number
}

export class WordHistory {
  private kept: { paragraph: string; words: string; runs: Runs } | null = null

  constructor(private readonly chapter: string) {}

  /** " · 19:05 · moved here by Japan"; '' when the server can't be reached, or has other words by now. */
  async of(letter: Letter): Promise<string> {
    const { paragraph, words } = letter
    if (this.kept?.paragraph !== paragraph || this.kept.words !== words) {
      const runs = await api.runs(this.chapter, paragraph).catch(() => null)
      this.kept = runs && { paragraph, words, runs }
    }
    return this.kept === null ? '' : historyOf(this.kept.runs, letter)
  }
}

export function historyOf({ paragraphs, authors }: Runs, { words, offset }: Letter): string {
  const runs = paragraphs[0]?.runs ?? []
  if (runs.map(({ text }) => text).join('') !== words) return ''
  let end = 0
  const run = runs.find(({ text }) => (end += text.length) > offset)
  if (run === undefined) return ''
  const mover = directory(authors)(run.moved_by)
  return [when(run.at), mover && `moved here by \u2068${mover.delegation_name || mover.name}\u2069`].filter(Boolean).map((part) => ` · ${part}`).join('')
}
