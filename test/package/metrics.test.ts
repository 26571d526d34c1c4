/** The entry for metrics as its users get it: from the tarball. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './packed'
import { useProjects } from './projects'

jest.setTimeout(120_000)

const AUDIO = join(ROOT, 'audio')
const ID = 'morning-tide'

const { project, bare } = useProjects('metrics')

describe.each([
  ['imported from strict TypeScript as an ES module', 'build', 'out/imported.js'],
  ['required from strict TypeScript', 'build', 'out/required.cjs'],
  ['required from TypeScript that resolves modules in the old way', 'build:node10', 'node10/required.cjs'],
])('express-signed-stream/metrics, %s,', (_how, build, program) => {
  it('counts what the package streams', async () => {
    await run(project, 'npm', 'run', '--silent', build)
    const text = await run(project, process.execPath, program, AUDIO, ID)
    expect(text).toContain('audio_requests_total{method="GET",status="206",code="OK"} 1\n')
    expect(text).toContain('audio_sent_bytes_total 1000\n')
    expect(text).toContain('audio_active_streams 0\n')
    expect(text).toContain('audio_open_connections 0\n')
  })
})

describe('the package without metrics', () => {
  it('brings no prom-client', () => {
    expect(existsSync(join(bare, 'node_modules/express-signed-stream'))).toBe(true)
    expect(existsSync(join(bare, 'node_modules/prom-client'))).toBe(false)
  })

  it('loads none, also if there is one', async () => {
    const code = "require('express-signed-stream'); Object.keys(require.cache).join('\\n')"
    const loaded = await run(project, process.execPath, '--print', code)
    expect(loaded).toContain('express-signed-stream/dist/index.js')
    expect(loaded).not.toContain('prom-client')
  })
})
