/** What docs/sources.md shows of a source of one's own is what test/package/sqlite.test.ts runs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sourceContract } from 'express-signed-stream/testing'
import ts from 'typescript'
import { harnessOptions } from '../../src/testing/harness'
import { MemoryStore } from '../support/memory-source'

const ROOT = join(__dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/sources.md'), 'utf8')

/** What follows a heading, up to the next one. */
function section(heading: string): string {
  const [, text = ''] = page.split(`\n## ${heading}\n`)
  const [own = ''] = text.split('\n## ')
  return own
}

function fences(heading: string, language: string): string[] {
  return Array.from(section(heading).matchAll(/^```(\w*)\n(.*?)^```$/gms))
    .filter(([, own]) => own === language)
    .map(([, , code = '']) => code)
}

function readExample(name: string): string {
  return readFileSync(join(ROOT, 'test/package/sqlite', name), 'utf8')
}

describe('docs/sources.md', () => {
  const [source = '', mount, ...otherSources] = fences('Write your own source', 'ts')
  const [test = '', suite = '', ...otherTests] = fences('Test it', 'ts')

  it('shows the source that is tested, in at most 40 lines', () => {
    expect(source).toBe(readExample('sqlite-source.ts'))
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  })

  it('shows the test that runs', () => {
    expect(test).toBe(readExample('sqlite-source.test.ts'))
  })

  it('has no other example than these, and the two that use them', () => {
    expect([...otherSources, ...otherTests]).toEqual([])
    // Its names are those of the source above and of the README.
    expect(mount).toContain('createStreamRouter({ source, secret })')
  })

  it('shows how other test runners run the tests', async () => {
    const tests = sourceContract(new MemoryStore().harness()).slice(0, 3)
    const begun: Record<string, () => Promise<void>> = {}
    const runner = {
      describe: (_name: string, define: () => void) => {
        define()
      },
      it: (name: string, run: () => Promise<void>) => {
        begun[name] = run
      },
    }
    const { outputText } = ts.transpileModule(suite, { compilerOptions: { target: ts.ScriptTarget.ES2022 } })
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the example, as it is printed
    Reflect.apply(new Function('tests', 'describe', 'it', outputText), undefined, [
      tests,
      runner.describe,
      runner.it,
    ])
    expect(Object.keys(begun)).toEqual(tests.map(({ name }) => name))
    for (const run of Object.values(begun)) await run()
  })

  it('shows the error of a law as it is', async () => {
    const [message = ''] = fences('Test it', '')
    const store = new MemoryStore()
    const tests = sourceContract(
      store.harness(() => ({
        open(id) {
          const bytes = store.get(id)?.bytes
          if (bytes === undefined) return undefined
          return {
            size: bytes.length,
            type: 'audio/mpeg',
            etag: `"${bytes.length}"`,
            read: () => Readable.from([]),
          }
        },
      })),
    )
    const law = tests.find(({ name }) => name === 'gives other bytes another entity tag')
    await expect(law?.run()).rejects.toThrow(message.trim())
  })

  it('lists the options and the faults', () => {
    const rows = Array.from(section('Test it').matchAll(/^\| `(\w+)/gm), ([, name]) => name)
    const faults = ['stall', 'cut', 'deny', 'fail', 'openHandles']
    expect(rows).toEqual([...Object.keys(harnessOptions), 'faults', ...faults])
  })
})
