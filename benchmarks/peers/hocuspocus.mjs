// Hocuspocus with its SQLite extension and its own defaults: `node hocuspocus.mjs PORT DATABASE`, in the folder that has
// its packages.
import { createRequire } from 'node:module'

const require = createRequire(`${process.cwd()}/`)
const { Server } = require('@hocuspocus/server')
const { SQLite } = require('@hocuspocus/extension-sqlite')

const [port, database] = process.argv.slice(2)
const server = new Server({
  address: '127.0.0.1',
  port: Number(port),
  quiet: true,
  extensions: [new SQLite({ database })],
})
await server.listen()
