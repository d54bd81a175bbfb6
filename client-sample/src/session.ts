/** Who is signed in on this page, kept alive until they sign out. */

import { api, ApiError, onUnauthorized, type SessionBody } from './api'

const EARLY_SECONDS = 60
const RETRY_MS = 15_000

let current: SessionBody | null = null
let timer: ReturnType<typeof setTimeout> | undefined

export const session = {
  /** The signed-in person, or null. */
  get body(): SessionBody | null {
    return current
  },
  may(action: string): boolean {
    return current?.may?.includes(action) ?? false
  },
}

function keep(body: SessionBody): SessionBody {
  current = body
  clearTimeout(timer)
  const wait = Math.max(5_000, (body.expires_at - EARLY_SECONDS) * 1000 - Date.now())
  timer = setTimeout(refreshQuietly, Math.min(wait, 2 ** 31 - 1))
  return body
}

export function forgetSession(): void {
  clearTimeout(timer)
  current = null
}

export async function signIn(invitation: string): Promise<SessionBody> {
  return keep(await api.signIn(invitation))
}

/** Asks the server who is signed in; null when nobody is. Throws `ApiError` when the server can't be reached. */
export async function loadSession(): Promise<SessionBody | null> {
  try {
    return keep(await api.session())
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    return (await renew()) ? current : null
  }
}

export async function signOut(): Promise<void> {
  await api.signOut()
  forgetSession()
}

/** Runs `work` while no other tab of this browser does, so that two tabs never rotate the same cookie at once. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request('adref:session', work) : work()
}

/** Renews the cookies; true when somebody is signed in afterwards. Another tab may have done it already. */
export function renew(): Promise<boolean> {
  return alone(async () => {
    try {
      const seen = await api.session().catch(() => null)
      const fresh = seen !== null && seen.expires_at * 1000 - Date.now() > EARLY_SECONDS * 1000
      keep(fresh ? seen : await api.refresh())
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) forgetSession()
      return false
    }
  })
}

async function refreshQuietly(): Promise<void> {
  if (!(await renew()) && current) timer = setTimeout(refreshQuietly, RETRY_MS)
}

/** Renews when the token has run out or soon will, as after a laptop's sleep. */
export async function ensureFresh(): Promise<void> {
  if (current && current.expires_at * 1000 - Date.now() < EARLY_SECONDS * 1000) await renew()
}

onUnauthorized(renew)
