/** The source of docs/sources.md over SQLite, on the built package, with Node's own test runner. */
import { join } from 'node:path'
import { ROOT, run } from './packed'
import { useProject } from './projects'

jest.setTimeout(120_000)

const project = useProject('sqlite', 'sqlite')

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
