/** The vectors are what their generator writes: whoever changes one changes the other. Needs python3. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VECTORS } from '../support/vectors'

const made = mkdtempSync(join(tmpdir(), 'vectors-'))
afterAll(() => {
  rmSync(made, { recursive: true, force: true })
})

it('makes the same vectors again, byte for byte', () => {
  execFileSync('python3', [join(VECTORS, 'generate.py'), made])
  for (const name of ['sign.json', 'verify.json']) {
    expect(readFileSync(join(made, name), 'utf8')).toBe(readFileSync(join(VECTORS, name), 'utf8'))
  }
})
