/** The entries for tracks elsewhere, and for the tests of a source of one's own, as their users get them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './packed'
import { useProjects } from './projects'

jest.setTimeout(120_000)

const { project, bare } = useProjects('sources')

describe.each([
  ['imported from strict TypeScript as an ES module', 'build', 'out/imported.js'],
  ['required from strict TypeScript', 'build', 'out/required.cjs'],
  ['required from TypeScript that resolves modules in the old way', 'build:node10', 'node10/required.cjs'],
])('the entries s3, http and testing, %s,', (_how, build, program) => {
  it('serve a track, and test a source', async () => {
    await run(project, 'npm', 'run', '--silent', build)
    expect(JSON.parse(await run(project, process.execPath, program))).toEqual({
      s3: 'the bytes of a track',
      http: 'the bytes of a track',
      tests: 31,
    })
  })
})

/** The files that a program loads. */
async function loadedBy(directory: string, ...entries: string[]): Promise<string> {
  const code = `for (const name of ${JSON.stringify(entries)}) require(name); Object.keys(require.cache).join('\\n')`
  return run(directory, process.execPath, '--print', code)
}

describe('the package without tracks elsewhere', () => {
  it('brings no SDK', () => {
    expect(existsSync(join(bare, 'node_modules/express-signed-stream'))).toBe(true)
    expect(existsSync(join(bare, 'node_modules/@aws-sdk'))).toBe(false)
  })

  it('loads no SDK and no source of another entry, also if they are there', async () => {
    const loaded = await loadedBy(project, 'express-signed-stream')
    expect(loaded).toContain('express-signed-stream/dist/index.js')
    expect(loaded).not.toMatch(/@aws-sdk|@smithy|dist\/source\/(s3|http|ranged)\/|dist\/testing\//)
  })

  it('has sources of an HTTP origin and tests of sources without the SDK', async () => {
    const loaded = await loadedBy(bare, 'express-signed-stream/http', 'express-signed-stream/testing')
    expect(loaded).toContain('dist/source/http/index.js')
    expect(loaded).toContain('dist/testing/index.js')
    expect(loaded).not.toContain('dist/source/s3/')
  })
})
