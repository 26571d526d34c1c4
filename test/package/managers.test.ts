/** The packed package as pnpm, Yarn and Bun install it, which the README names beside npm. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack, run } from './packed'

jest.setTimeout(180_000)

/** As npm has them. */
const MANAGERS = ['pnpm@10', 'yarn@1', 'bun@1']

/** Serves a track and requests a range of it; with pnpm, a package finds only what it depends on. */
const PROGRAM = `
  import { once } from 'node:events'
  import { writeFileSync } from 'node:fs'
  import express from 'express'
  import { createSigner, createStreamRouter } from 'express-signed-stream'

  const secret = '0123456789abcdef0123456789abcdef'
  writeFileSync('track1.mp3', 'ID3 and more')
  const server = express().use('/stream', createStreamRouter({ dir: '.', secret })).listen(0)
  await once(server, 'listening')
  const baseUrl = 'http://localhost:' + server.address().port + '/stream'
  const url = createSigner({ secret, baseUrl }).signUrl('track1', { expiresIn: 60 })
  const response = await fetch(url, { headers: { Range: 'bytes=0-2' } })
  console.log(response.status, await response.text())
  server.closeAllConnections()
  server.close()
`

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-managers-')))
const tools = makeProject('tools')
let tarball: string

function makeProject(name: string): string {
  const project = join(temporary, name)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  return project
}

beforeAll(async () => {
  const packed = join(temporary, 'packed')
  mkdirSync(packed)
  tarball = await pack(packed)
  await install(tools, ...MANAGERS)
})
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

it.each(MANAGERS.map(manager => manager.replace(/@.*/, '')))(
  '%s adds it, and a program serves a range',
  async manager => {
    const project = makeProject(manager)
    await run(project, join(tools, 'node_modules/.bin', manager), 'add', 'express@5', tarball)
    writeFileSync(join(project, 'program.js'), PROGRAM)
    expect(await run(project, process.execPath, 'program.js')).toBe('206 ID3\n')
  },
)
