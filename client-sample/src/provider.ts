/** The connection of one chapter: y-websocket, its incoming messages also told to `Confirmations`. */

import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as syncProtocol from 'y-protocols/sync'
import { messageSync, WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { Kept } from './api'
import type { Confirmations } from './confirm'

const messageNotice = 100

/**
 * What the server says beside the text. Of `read-only`, `reason` is `storage`, `rights` or another word; `rights` says
 * that what this person may has changed, but not whether they may write at all.
 */
export type Notice = { type: 'read-only' | 'read-write'; reason?: string; text?: string } | { type: 'rights' } | ({ type: 'set-aside' } & Kept)

interface Options {
  chapter: string
  doc: Y.Doc
  confirmations: Confirmations
  /** False for those who read only: then nothing of this copy is ever sent. */
  mayWrite: () => boolean
  onNotice: (notice: Notice) => void
  /** Called before anything of others is applied. */
  beforeUpdate: () => void
}

type Handler = WebsocketProvider['messageHandlers'][number]

export function connect({ chapter, doc, confirmations, mayWrite, onNotice, beforeUpdate }: Options): WebsocketProvider {
  const base = location.origin.replace(/^http/, 'ws') + '/ws'
  const provider = new WebsocketProvider(base, chapter, doc, { params: { notices: '1' }, disableBc: true, connect: false })
  provider.messageHandlers[messageSync] = syncHandler(confirmations, mayWrite, beforeUpdate)
  provider.messageHandlers[messageNotice] = (_encoder, decoder) => onNotice(JSON.parse(decoding.readVarString(decoder)) as Notice)
  sendOnlyWhen(provider, mayWrite)
  showUpAtOnce(provider)
  return provider
}

/**
 * Presence counts the states of each client. A first state, numbered 0, is overlooked by all others until it is renewed
 * 15 seconds later; and after a reconnection so are states that did not change meanwhile. Neither shall happen here.
 */
function showUpAtOnce(provider: WebsocketProvider): void {
  const { awareness } = provider
  awareness.setLocalStateField('cursor', null)
  provider.on('status', ({ status }) => {
    if (status !== 'disconnected') return
    for (const client of awareness.meta.keys()) if (client !== awareness.clientID) awareness.meta.delete(client)
  })
}

function syncHandler(confirmations: Confirmations, mayWrite: () => boolean, beforeUpdate: () => void): Handler {
  return (encoder, decoder, provider, emitSynced) => {
    const type = decoding.readVarUint(decoder)
    const payload = decoding.readVarUint8Array(decoder)
    if (type === syncProtocol.messageYjsSyncStep1) {
      confirmations.serverHas(payload)
      if (!mayWrite()) return
      encoding.writeVarUint(encoder, messageSync)
      syncProtocol.writeSyncStep2(encoder, provider.doc, payload)
      return
    }
    beforeUpdate()
    Y.applyUpdate(provider.doc, payload, provider)
    if (type === syncProtocol.messageYjsSyncStep2) {
      confirmations.serverSentAll(payload)
      if (emitSynced) provider.synced = true
    } else {
      confirmations.serverSent(payload)
    }
  }
}

/** Yjs itself tidies formatting in any copy; from a reader's copy that must not go out as an edit. */
function sendOnlyWhen(provider: WebsocketProvider, mayWrite: () => boolean): void {
  const send = provider._updateHandler
  provider.doc.off('update', send)
  provider._updateHandler = (update, origin) => {
    if (mayWrite()) send(update, origin)
  }
  provider.doc.on('update', provider._updateHandler)
}
