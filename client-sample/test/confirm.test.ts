import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Confirmations } from '../src/confirm'

const FROM_SERVER = 'server'

/** A server and a page, joined by the updates that a test hands across. */
function meeting() {
  const server = new Y.Doc({ gc: false })
  const doc = new Y.Doc()
  const sent: Uint8Array[] = []
  const confirmations = new Confirmations(doc, ({ origin }) => origin === FROM_SERVER)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== FROM_SERVER) sent.push(update)
  })
  const receive = (update: Uint8Array) => {
    Y.applyUpdate(doc, update, FROM_SERVER)
    confirmations.serverSent(update)
  }
  const commit = (update: Uint8Array) => Y.applyUpdate(server, update)
  const handshake = () => {
    const update = Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc))
    confirmations.serverHas(Y.encodeStateVector(server))
    Y.applyUpdate(doc, update, FROM_SERVER)
    confirmations.serverSentAll(update)
  }
  return { server, doc, sent, confirmations, receive, commit, handshake }
}

function paragraph(doc: Y.Doc, label: string, text: string): Y.XmlText {
  const element = new Y.XmlElement('paragraph')
  const words = new Y.XmlText()
  doc.transact(() => {
    doc.getXmlFragment('default').push([element])
    element.setAttribute('label', label)
    element.insert(0, [words])
    words.insert(0, text)
  })
  return words
}

describe('what a page believes to be saved', () => {
  it('is everything in a fresh copy that came from the server', () => {
    const { server, confirmations, handshake } = meeting()
    paragraph(server, '1', 'Promote coordination').delete(0, 3)
    handshake()
    expect(confirmations.allConfirmed).toBe(true)
    expect(confirmations.count()).toBe(0)
  })

  it('lacks an own edit until its echo comes', () => {
    const { doc, sent, confirmations, receive, handshake } = meeting()
    handshake()
    paragraph(doc, '1', 'words')
    expect(confirmations.allConfirmed).toBe(false)
    receive(sent[0]!)
    expect(confirmations.allConfirmed).toBe(true)
  })

  it('is not changed by what others write', () => {
    const { server, doc, sent, confirmations, receive, handshake } = meeting()
    handshake()
    paragraph(doc, '1', 'mine')
    const before = Y.encodeStateVector(server)
    paragraph(server, '2', 'theirs')
    receive(Y.encodeStateAsUpdate(server, before))
    expect(confirmations.allConfirmed).toBe(false)
    receive(sent[0]!)
    expect(confirmations.allConfirmed).toBe(true)
  })

  it('takes one merged echo for many updates, and duplicates', () => {
    const { server, doc, sent, confirmations, receive, handshake } = meeting()
    handshake()
    const text = paragraph(doc, '1', 'a')
    for (const letter of 'bcdef') text.insert(text.length, letter)
    const other = new Y.Doc()
    paragraph(other, '2', 'theirs')
    receive(Y.mergeUpdates([...sent.slice(0, 3), Y.encodeStateAsUpdate(other)]))
    expect(confirmations.allConfirmed).toBe(false)
    receive(Y.mergeUpdates(sent.slice(3)))
    expect(confirmations.allConfirmed).toBe(true)
    receive(sent[1]!)
    expect(confirmations.allConfirmed).toBe(true)
    expect(server.store.clients.size).toBe(0)
  })

  it('waits for deletions too', () => {
    const { server, doc, sent, confirmations, receive, handshake } = meeting()
    paragraph(server, '1', 'Promote regional coordination')
    handshake()
    const text = (doc.getXmlFragment('default').get(0) as Y.XmlElement).get(0) as Y.XmlText
    text.delete(8, 9)
    text.delete(0, 1)
    expect(confirmations.allConfirmed).toBe(false)
    expect(confirmations.count()).toBe(2)
    receive(sent[0]!)
    expect(confirmations.count()).toBe(1)
    receive(sent[1]!)
    expect(confirmations.allConfirmed).toBe(true)
  })

  it('is settled by the handshake after the connection broke before the echo', () => {
    const { doc, sent, confirmations, commit, handshake } = meeting()
    handshake()
    paragraph(doc, '1', 'lost echo').delete(0, 5)
    sent.forEach(commit)
    expect(confirmations.allConfirmed).toBe(false)
    handshake()
    expect(confirmations.allConfirmed).toBe(true)
  })

  it('is not settled by a state vector that lacks the edit, nor one that lacks only the deletion', () => {
    const { doc, sent, confirmations, commit, handshake } = meeting()
    handshake()
    paragraph(doc, '1', 'words').delete(0, 2)
    handshake()
    expect(confirmations.allConfirmed).toBe(false)
    commit(sent[0]!)
    handshake()
    expect(confirmations.allConfirmed).toBe(false)
    commit(sent[1]!)
    handshake()
    expect(confirmations.allConfirmed).toBe(true)
  })
})

describe('edits of an earlier, offline visit', () => {
  function earlierVisit() {
    const first = meeting()
    paragraph(first.server, '1', 'Promote regional coordination')
    first.handshake()
    const text = (first.doc.getXmlFragment('default').get(0) as Y.XmlElement).get(0) as Y.XmlText
    text.insert(0, 'Strongly ')
    text.delete(9, 1)
    const kept = { update: Y.encodeStateAsUpdate(first.doc), confirmed: first.confirmations.save() }
    const doc = new Y.Doc()
    Y.applyUpdate(doc, kept.update, 'device')
    const confirmations = new Confirmations(doc, ({ origin }) => origin === FROM_SERVER)
    return { server: first.server, kept, doc, confirmations }
  }

  it('are unconfirmed until the server has them', () => {
    const { server, doc, confirmations } = earlierVisit()
    const shake = () => {
      confirmations.serverHas(Y.encodeStateVector(server))
      confirmations.serverSentAll(Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc)))
    }
    shake()
    expect(confirmations.allConfirmed).toBe(false)
    expect(confirmations.text()).toEqual([{ paragraph: '1', text: 'Strongly ' }])
    Y.applyUpdate(server, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(server)))
    shake()
    expect(confirmations.allConfirmed).toBe(true)
    expect(confirmations.text()).toEqual([])
  })

  it('are told apart from the rest before the server answers, by what was kept beside the copy', () => {
    const { kept, confirmations } = earlierVisit()
    expect(confirmations.text().length).toBeGreaterThan(0)
    confirmations.restore(structuredClone(kept.confirmed))
    expect(confirmations.count()).toBe(2)
    expect(confirmations.text()).toEqual([{ paragraph: '1', text: 'Strongly ' }])
  })
})

it('a server that lost what it once confirmed is not believed any more', () => {
  const { server, confirmations, receive, sent, doc } = meeting()
  paragraph(doc, '1', 'words').delete(0, 2)
  sent.forEach(receive)
  expect(confirmations.allConfirmed).toBe(true)
  confirmations.serverHas(Y.encodeStateVector(server))
  confirmations.serverSentAll(Y.encodeStateAsUpdate(server))
  expect(confirmations.allConfirmed).toBe(false)
})

it('a run of typing counts as one change, wherever the echo cuts it', () => {
  const { doc, sent, confirmations, receive, handshake } = meeting()
  handshake()
  const text = paragraph(doc, '1', '')
  receive(sent[0]!)
  for (const letter of 'hello') text.insert(text.length, letter)
  expect(confirmations.count()).toBe(1)
  receive(sent[1]!)
  expect(confirmations.count()).toBe(1)
  text.insert(2, 'X')
  expect(confirmations.count()).toBe(1)
  sent.slice(1).forEach(receive)
  text.insert(0, 'X')
  text.insert(4, 'Y')
  expect(confirmations.count()).toBe(2)
})
