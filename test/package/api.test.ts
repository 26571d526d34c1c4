/** `docs/api` is what the doc comments and types say: a change of the public API shows in review. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, run } from './packed'

jest.setTimeout(120_000)

const written = mkdtempSync(join(tmpdir(), 'package-api-'))
afterAll(() => {
  rmSync(written, { recursive: true, force: true })
})

function pagesIn(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map(name => [name, readFileSync(join(directory, name), 'utf8')]),
  )
}

describe('docs/api', () => {
  beforeAll(async () => {
    await run(ROOT, process.execPath, 'test/package/api/write.mjs', written)
  })

  it('is as `npm run api` writes it', () => {
    expect(pagesIn(join(ROOT, 'docs/api'))).toEqual(pagesIn(written))
  })

  it('has a page for each entry that package.json names', () => {
    const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      name: string
      exports: Record<string, unknown>
    }
    const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object')
    const pages = entries.map(([entry]) => `${entry === '.' ? name : entry.slice(2)}.md`)
    expect(Object.keys(pagesIn(join(ROOT, 'docs/api'))).sort()).toEqual([...pages, 'README.md'].sort())
  })
})
