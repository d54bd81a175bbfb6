/** The server's HTTP interface: one function a call, one error for everything that goes wrong. */

import type { Byline } from './authorship/bylines'
import { HEADINGS, type Status } from './gavel/rulings'

export interface Participant {
  id: string
  name: string
  delegation: string
  delegation_name: string
  group: string
  role: string
}

export interface SessionBody {
  participant: Participant
  /** Unix seconds at which the access token runs out. */
  expires_at: number
  /** What this person may do beside reading and writing chapters, such as `create-chapter`. */
  may?: string[]
}

export interface Chapter {
  id: string
  title: string
  created_at: string
  paragraphs: number
  may_write: boolean
  may_comment: boolean
  online: number
}

export interface SearchResult {
  chapter: string
  title: string
  /** Empty when the words stand in the chapter's title. */
  paragraph: string
  label: string
  text: string
  /** Where the words found stand in `text`, in UTF-16 units. */
  start: number
  end: number
}

/** Whom something is by, in short; texts are empty for what is not known, all of them for the draft as imported. */
export interface Author {
  participant: string
  delegation: string
  group: string
  /** Only of an imported contribution of which no more is known. */
  name?: string
}

/** Neighbouring characters of which the same is to be said. */
export interface AuthoredRun extends Author {
  text: string
  at: string
  /** Who put it where it stands, if it was first written elsewhere. */
  moved_by?: Author
}

export interface Runs {
  paragraphs: { id: string; runs: AuthoredRun[] }[]
  /** Everybody who is named in it, in full. */
  authors: Byline[]
}

/** A piece of a paragraph in a redline: who wrote what is kept or inserted, who deleted or moved the rest. */
export interface Change {
  text: string
  change: 'kept' | 'inserted' | 'deleted' | 'moved-here' | 'moved-away'
  by: Author
  at?: string
}

export interface RedlineParagraph {
  id: string
  label: string
  old_label: string
  kind: string
  change: 'kept' | 'inserted' | 'deleted'
  /** Who inserted or deleted it as a whole. */
  by?: Author
  at?: string
  /** It was split from, or joined to, the paragraph before or after it. */
  part_of?: 'previous' | 'next'
  changes: Change[]
}

export interface Redline {
  paragraphs: RedlineParagraph[]
  /** Everybody who is named in it, in full. */
  authors: Byline[]
}

/** That somebody published a version, or withdrew it. */
export interface Publication {
  act: 'publish' | 'withdraw'
  by: string
  at: string
}

/** A named point in a chapter's history. It never changes, but for being published and withdrawn. */
export interface Version {
  /** For its address. */
  id: string
  name: string
  /** The last entry of the chapter's history that belongs to it. */
  seq: number
  at: string
  /** A participant's id. */
  by: string
  symbol: string
  /** The status line. */
  status: string
  /** Which paragraphs are not agreed: "besides Paras 2, 21". */
  exceptions: string
  hash: string
  published: boolean
  /** Its public address, a path; empty before it is first published. */
  address: string
  acts: Publication[]
}

/** An edit of somebody's that a ruling undid. A notice of it has only what its author does not know already. */
export interface Kept {
  number: number
  paragraph: string
  label: string
  reason: string
  /** The paragraph as its author would have had it, against what was ruled. */
  runs: { change: 'kept' | 'inserted' | 'deleted'; text: string }[]
  /** What was inserted. */
  words: string
  participant?: string
  name?: string
  delegation_name?: string
  updated?: string
  state?: string
}

/** For whom something is locked: the caller, when nobody is named. */
export interface NewLock {
  for?: { participant: string } | { delegation: string }
  reason?: string
  /** ISO 8601. */
  until?: string
  scope?: 'paragraph' | 'section'
}

export class ApiError extends Error {
  /** `status` is 0 and `code` is `unreachable` when no answer came at all. */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

async function problem(response: Response): Promise<ApiError> {
  return problemOf(response.status, await response.json().catch(() => null))
}

/** What went wrong, by the body of an answer: the server's words if it has any. */
export function problemOf(status: number, body: unknown): ApiError {
  const { detail, title, code } = (body ?? {}) as Record<string, unknown>
  const text = [detail, title].find((part) => typeof part === 'string' && part !== '')
  return new ApiError(status, String(code ?? ''), String(text ?? `The server answered ${status}.`))
}

export const unreachable = () => new ApiError(0, 'unreachable', 'The server cannot be reached right now.')

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-Adref'] = '1'
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  try {
    return await fetch(path, { method, headers, credentials: 'same-origin', body: body === undefined ? null : JSON.stringify(body) })
  } catch {
    throw unreachable()
  }
}

/** What to do when an answer is 401: resolves to true when the request should be sent once more. */
type Renew = () => Promise<boolean>
let renew: Renew = () => Promise.resolve(false)

/** The session registers here how it renews itself. */
export function onUnauthorized(handler: Renew): void {
  renew = handler
}

/** Renews the session once; true when a request that was answered by 401 should be sent again. */
export const renewed = () => renew()

async function answered(method: string, path: string, body?: unknown, retry = true): Promise<Response> {
  let response = await send(method, path, body)
  if (response.status === 401 && retry && (await renew())) response = await send(method, path, body)
  if (!response.ok) throw await problem(response)
  return response
}

export async function request<T>(method: string, path: string, body?: unknown, retry = true): Promise<T> {
  const response = await answered(method, path, body, retry)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** A file that the server makes, under the name that it gives. */
export async function requestFile(path: string): Promise<File> {
  const response = await answered('GET', path)
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'paper'
  return new File([await response.blob()], name)
}

export const segment = encodeURIComponent

/** Where the redline is as data; with `format=html` it is a page. */
export const redlineAddress = (chapter: string, since: string) => `/api/chapters/${segment(chapter)}/redline?since=${segment(since)}`

const lockAddress = (chapter: string, key: string) =>
  key === HEADINGS ? `/api/chapters/${segment(chapter)}/headings/lock` : `/api/chapters/${segment(chapter)}/paragraphs/${segment(key)}/lock`

export const api = {
  signIn: (invitation: string) => request<SessionBody>('POST', '/api/session', { invitation }, false),
  session: () => request<SessionBody>('GET', '/api/session', undefined, false),
  refresh: () => request<SessionBody>('POST', '/api/session/refresh', undefined, false),
  signOut: () => request<void>('DELETE', '/api/session', undefined, false),
  chapters: async () => (await request<{ chapters: Chapter[] }>('GET', '/api/chapters')).chapters,
  chapter: (id: string) => request<Chapter>('GET', `/api/chapters/${segment(id)}`),
  createChapter: (title: string) => request<Chapter>('POST', '/api/chapters', { title }),
  search: async (words: string) =>
    (await request<{ results: SearchResult[] }>('GET', `/api/search?q=${segment(words)}`)).results,
  runs: (chapter: string, paragraph: string) =>
    request<Runs>('GET', `/api/chapters/${segment(chapter)}/runs?moved=1&paragraph=${segment(paragraph)}`),
  redline: (chapter: string, since: string) => request<Redline>('GET', redlineAddress(chapter, since)),
  versions: async (chapter: string) => (await request<{ versions: Version[] }>('GET', `/api/chapters/${segment(chapter)}/versions`)).versions,
  addComment: (chapter: string, paragraph: string, text: string) =>
    request<void>('POST', `/api/chapters/${segment(chapter)}/comments`, { paragraph, text }),
  resolveComment: (chapter: string, comment: string, resolved: boolean) =>
    request<void>('PATCH', `/api/chapters/${segment(chapter)}/comments/${segment(comment)}`, { resolved }),
  participants: async () => (await request<{ participants: (Participant & { active: boolean })[] }>('GET', '/api/participants')).participants,
  paragraphs: async (chapter: string) =>
    (await request<{ paragraphs: { id: string; may_edit?: boolean; lock?: object | null; sealed?: boolean }[] }>('GET', `/api/chapters/${segment(chapter)}/paragraphs`)).paragraphs,
  /** Locks, renews or hands over. `key` is a paragraph, a section's heading, or `HEADINGS`. */
  lock: (chapter: string, key: string, lock: NewLock) => request<unknown>('PUT', lockAddress(chapter, key), lock),
  release: (chapter: string, key: string, reason: string) =>
    request<void>('DELETE', lockAddress(chapter, key) + (reason === '' ? '' : `?reason=${segment(reason)}`)),
  /** `hash`: of the text that is meant; another one is refused. */
  setStatus: (chapter: string, paragraph: string, status: Status, reason: string, hash?: string) =>
    request<unknown>('PUT', `/api/chapters/${segment(chapter)}/paragraphs/${segment(paragraph)}/status`, { status, reason, ...(hash !== undefined && { hash }) }),
  /** `all`: everybody's, for those who may see it. */
  setAside: async (chapter: string, all: boolean) => (await request<{ set_aside: Kept[] }>('GET', `/api/chapters/${segment(chapter)}/set-aside${all ? '?all=1' : ''}`)).set_aside,
  proposeSetAside: (chapter: string, number: number) => request<unknown>('POST', `/api/chapters/${segment(chapter)}/set-aside/${number}/propose`),
  discardSetAside: (chapter: string, number: number) => request<void>('DELETE', `/api/chapters/${segment(chapter)}/set-aside/${number}`),
}
