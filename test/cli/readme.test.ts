/** The README's session in a terminal, run as it is printed. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build'

const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8')
const [, session = ''] = /```console\n(.*?)```/s.exec(readme) ?? []

const built = build()
afterAll(built.remove)

/** Where `npx express-signed-stream` would find the program. */
const SETUP = 'npx() { shift; "$NODE" "$PROGRAM" "$@"; }'

describe('the README', () => {
  it('prints what its commands say', () => {
    const lines = session.split('\n')
    const commands = lines.filter(line => line.startsWith('$ ')).map(line => line.slice(2))
    expect(commands).toHaveLength(5)
    const said = execFileSync('sh', ['-c', [SETUP, ...commands, 'true'].join('\n')], {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, PROGRAM: built.program },
    })
    const printed = lines.filter(line => !line.startsWith('$ ')).join('\n')
    expect(said.replace(/=\d+&sig=[0-9a-f]{64}$/gm, '=…&sig=…')).toBe(printed)
  })
})
