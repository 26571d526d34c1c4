/** Opens a built page with one player, and prints the link that the player gets: node open-page.mjs <script> */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(resolve('package.json'))
const { Window } = await import(pathToFileURL(require.resolve('happy-dom')))

const window = new Window({ url: 'http://localhost/' })
const { document } = window
document.body.innerHTML = '<audio></audio>'
const audio = document.querySelector('audio')
const url = '/stream/track1?expires=4000000000&sig=0123'
Object.assign(globalThis, { window, document, fetch: async () => Response.json({ url }) })

const script = resolve(process.argv[2])
await import(pathToFileURL(script))
while (!audio.src) await new Promise(setImmediate)
console.log(audio.src)
process.exit()
