// The JavaScript that docs/protocol.md shows, as a module: the block that declares this name, run as it stands.
import { readFileSync } from 'node:fs'

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

export const documented = async (name) => {
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
  const found = blocks.filter((code) => code.includes(`export const ${name} `))
  if (found.length !== 1) throw new Error(`${found.length} programs with ${name} in docs/protocol.md`)
  const code = found[0].replace(/from '([^']+)'/g, (_, library) => `from '${import.meta.resolve(library)}'`)
  return import(`data:text/javascript,${encodeURIComponent(code)}`)
}

// Neighbours that say the same as one run.
export const joined = (runs) => {
  const out = []
  for (const { text, ...said } of runs) {
    const last = out[out.length - 1]
    if (last && JSON.stringify({ ...last, text: '' }) === JSON.stringify({ text: '', ...said })) last.text += text
    else if (text) out.push({ text, ...said })
  }
  return out
}
