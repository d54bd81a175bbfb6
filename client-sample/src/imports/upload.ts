/** Sending a file to the server, with how far it has come. */

import { problemOf, renewed, segment, unreachable } from '../api'

/** A file as it was when it was chosen: what was reported is what is imported, whatever becomes of it on the disk. */
export interface Chosen {
  name: string
  content: Blob
}

const TYPES: Record<string, string> = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  txt: 'text/plain',
  md: 'text/markdown',
  markdown: 'text/markdown',
}
const OTHER = 'application/octet-stream'

/** What a file field shows first. */
export const ACCEPTED = '.docx,.txt,.md,.markdown'

/** Throws the browser's error if the file can't be read. */
export async function choose(file: File): Promise<Chosen> {
  const type = TYPES[file.name.toLowerCase().split('.').at(-1)!] ?? OTHER
  return { name: file.name, content: new Blob([await file.arrayBuffer()], { type }) }
}

/** Who an author of the file is: a delegation's id, by the author's name in the file. */
export type Given = ReadonlyMap<string, string>

export interface Sending {
  dryRun: boolean
  given: Given
  /** In place of the text's own. */
  title?: string
}

/** `share`: how much was sent, from 0 to 1; null once the server has all of it. */
export type Progress = (share: number | null) => void

export const importAddress = '/api/chapters/import'
export const mergeAddress = (chapter: string) => `/api/chapters/${segment(chapter)}/import`

/** Sends a file; returns the answer. Throws `ApiError`. */
export async function upload<T>(address: string, { content }: Chosen, { dryRun, given, title }: Sending, progress: Progress): Promise<T> {
  const said = [...given].map(([name, delegation]) => `as=${segment(`${name}=${delegation}`)}`)
  const path = `${address}?${[`dry_run=${dryRun}`, title && `title=${segment(title)}`, ...said].filter(Boolean).join('&')}`
  let answer = await post(path, content, progress)
  if (answer.status === 401 && (await renewed())) answer = await post(path, content, progress)
  const body: unknown = parsed(answer.text)
  if (answer.status < 200 || answer.status > 299) throw problemOf(answer.status, body)
  return body as T
}

/** By the older interface of browsers: `fetch` doesn't tell how much it has sent. */
function post(path: string, content: Blob, progress: Progress): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('Accept', 'application/json')
    request.setRequestHeader('X-Adref', '1')
    request.setRequestHeader('Content-Type', content.type || OTHER)
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 && loaded < total ? loaded / total : null)
    request.upload.onload = () => progress(null)
    request.onload = () => resolve({ status: request.status, text: request.responseText })
    request.onerror = request.onabort = () => reject(unreachable())
    request.send(content)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
