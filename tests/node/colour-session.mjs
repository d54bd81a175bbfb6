// Stock clients that only look: they show the text in runs by author, as GET /api/chapters/{chapter}/runs does. Driven by
// JSON lines: {run, url, http, chapter, token} opens a chapter      {run, …} → {run, paragraphs, …}: see each program
import readline from 'node:readline'
import WebSocket from 'ws'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const sessions = new Map()

const obey = async ({ Doc, WebsocketProvider, watch, colours }, command) => {
  const { run, url, chapter, token } = command
  if (url) {
    const doc = new Doc({ gc: false })
    const provider = new WebsocketProvider(url, chapter, doc, {
      params: { token }, WebSocketPolyfill: WebSocket, disableBc: true,
    })
    const session = { ...command, doc, provider }
    sessions.set(run, session)
    while (!provider.synced) await pause(5)
    watch?.(session)
  }
  return { run, ...(await colours(sessions.get(run), command)) }
}

export const serve = (library) => {
  const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n')
  console.warn = console.error = (...words) => answer({ complaint: words.join(' ') })
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const command = JSON.parse(line)
    obey(library, command).then(answer, (error) => answer({ run: command.run, error: String(error?.stack ?? error) }))
  }).on('close', () => process.exit())
}
