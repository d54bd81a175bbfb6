/** The server's HTTP calls for versions and papers. */

import { redlineAddress, request, requestFile, segment, type Redline, type Version } from '../api'

/** What to say of a version that is made; the server fills in what is left out. */
export interface NewVersion {
  symbol: string
  /** ISO 8601. */
  date?: string
  suffix: string
}

export interface RestoredParagraph {
  id: string
  label: string
  change: 'changed' | 'inserted' | 'deleted'
}

/** What restoring a version does, or would do. */
export interface Restored {
  /** Whether the text of now differs at all. */
  changed: boolean
  /** The text as it was before, kept as a version of its own; null when it was only asked. */
  before: Version | null
  paragraphs: RestoredParagraph[]
  /** Of agreements that it voids. */
  voids: RestoredParagraph[]
  redline: Redline | null
}

export interface Taken {
  /** An id of a form in `FORMS`. */
  form: string
  /** The id of a version; '' for the text of now. */
  version: string
  /** The name of a version; '' for the draft that the chapter began with. */
  since: string
}

const chapterAddress = (chapter: string) => `/api/chapters/${segment(chapter)}`
const versionAddress = (chapter: string, { id }: Version) => `${chapterAddress(chapter)}/versions/${segment(id)}`

export function exportAddress(chapter: string, { form, version, since }: Taken): string {
  const parts = [`format=${segment(form)}`, version && `version=${segment(version)}`, since && `since=${segment(since)}`]
  return `${chapterAddress(chapter)}/export?${parts.filter(Boolean).join('&')}`
}

/** Where the redline of two versions is, as a page; without `to` up to the text of now. */
export function comparisonAddress(chapter: string, since: Version, to: Version | null): string {
  return `${redlineAddress(chapter, since.name)}${to ? `&to=${segment(to.name)}` : ''}&format=html`
}

/** Where it is shown, as a page, what restoring a version would change. */
export const restoringAddress = (chapter: string, version: Version) => `${versionAddress(chapter, version)}/restore?format=html`

export const papers = {
  freeze: (chapter: string, version: NewVersion) => request<Version>('POST', `${chapterAddress(chapter)}/versions`, version),
  publish: (chapter: string, version: Version) => request<Version>('PUT', `${versionAddress(chapter, version)}/publication`),
  withdraw: (chapter: string, version: Version) => request<Version>('DELETE', `${versionAddress(chapter, version)}/publication`),
  take: (chapter: string, taken: Taken) => requestFile(exportAddress(chapter, taken)),
  wouldRestore: (chapter: string, version: Version) => request<Restored>('POST', `${versionAddress(chapter, version)}/restore?dry_run=true`),
  restore: (chapter: string, version: Version) => request<Restored>('POST', `${versionAddress(chapter, version)}/restore`),
}
