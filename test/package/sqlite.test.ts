/** The source of docs/sources.md over SQLite, on the built package, with Node's own test runner. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack, ROOT, run } from './packed'

jest.setTimeout(120_000)

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-sqlite-')))
const project = join(temporary, 'project')

beforeAll(async () => {
  const tarball = await pack(temporary)
  cpSync(join(__dirname, 'sqlite'), project, { recursive: true })
  await install(project, tarball)
})
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

describe('a source over SQLite', () => {
  it('has types that strict TypeScript accepts', async () => {
    expect(await run(project, 'npm', 'run', '--silent', 'build')).toBe('')
  })

  it('keeps the laws of sources', async () => {
    // node:sqlite came with Node 22.5, and 24 is the first LTS that runs TypeScript unasked.
    const report = await run(project, join(ROOT, '.ci/on-node'), '24', 'npm', 'test', '--silent')
    expect(report).toMatch(/^(# |ℹ )fail 0$/m)
    expect(report).toMatch(/^(# |ℹ )pass [1-9]\d$/m)
  })
})
