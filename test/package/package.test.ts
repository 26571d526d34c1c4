/** The package as its users get it: packed, installed into small projects, and put to work there. */
import { Buffer } from 'node:buffer'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { install, pack, ROOT, run } from './packed'

jest.setTimeout(120_000)

const AUDIO = join(ROOT, 'audio')
const ID = 'morning-tide'

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-')))
let tarball: string

function runTool(name: string, ...args: string[]): Promise<string> {
  return run(temporary, join(ROOT, 'node_modules/.bin', name), ...args)
}

beforeAll(async () => {
  tarball = await pack(temporary)
})

afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

/** Tests, and how the tracks and the picture of the demo were made: for those who have the repository. */
const FOR_CONTRIBUTORS = /^(?:test|audio)\/|^docs\/demo\.png$|^docs\/recipes$/

/** The files that `document` links to, from the root of the package. */
function linksOf(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8').replaceAll(/^```.*?^```$|`[^`\n]*`/gms, '')
  return Array.from(text.matchAll(/\]\((?!https?:)([^)\s#]+)(?:#[^)]*)?\)/g), ([, target = '']) =>
    normalize(join(dirname(document), target)),
  ).filter(target => !FOR_CONTRIBUTORS.test(target))
}

describe('the tarball', () => {
  async function contents(): Promise<string[]> {
    const list = await run(temporary, 'tar', '-tzf', tarball)
    return list
      .trim()
      .split('\n')
      .map(entry => entry.replace(/^package\//, ''))
  }

  it('holds the build, its description and what goes with it, and nothing else', async () => {
    const top = new Set((await contents()).map(entry => entry.split('/')[0]))
    expect([...top].sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'demo',
      'dist',
      'docs',
      'package.json',
      'vectors',
    ])
  })

  it('holds of each source file its code and its types, and an ES module for bundlers', async () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    const expected = sources
      .filter(name => name.endsWith('.ts'))
      .flatMap(name => {
        const [code, types] = [name.replace(/ts$/, 'js'), name.replace(/ts$/, 'd.ts')]
        if (name.startsWith('client/')) {
          return [code, types].flatMap(file => [file, file.replace('client/', 'client-cjs/')])
        }
        return name.startsWith('cli/') ? [code, types] : [code, types, `esm/${code}`]
      })
    const built = (await contents()).filter(entry => entry.startsWith('dist/'))
    // They make the files beside them ES modules.
    const scopes = ['client/package.json', 'esm/package.json']
    expect(built.sort()).toEqual([...expected, ...scopes].map(name => `dist/${name}`).sort())
  })

  it('holds each document and each configuration that its documents link to', async () => {
    const entries = await contents()
    const documents = entries.filter(entry => entry.endsWith('.md'))
    const missing = documents.flatMap(document =>
      linksOf(document).filter(target => !entries.includes(target)),
    )
    expect(missing).toEqual([])
    expect(linksOf('README.md')).toContain('SECURITY.md')
    expect(linksOf('docs/recipes/sub-path.md')).toContain('demo/deploy/nginx.conf')
  })

  it('holds the vectors and their schemas, and not what makes them', async () => {
    const vectors = (await contents()).filter(entry => entry.startsWith('vectors/'))
    expect(vectors.sort()).toEqual(
      ['sign.json', 'sign.schema.json', 'verify.json', 'verify.schema.json'].map(name => `vectors/${name}`),
    )
  })

  it('has nothing that publint would change', async () => {
    expect(await runTool('publint', '--strict', tarball)).toContain('All good!')
  })

  it('has types that are right for require and for import, however modules are resolved', async () => {
    expect(await runTool('attw', '--no-emoji', '--no-color', tarball)).toContain('No problems found')
  })
})

interface Consumer {
  readonly project: string
  readonly express: RegExp
  /** Packages installed beside ours, in place of what the project names. */
  readonly beside: readonly string[]
  readonly isCompiled: boolean
}

/** What each project prints. */
interface Result {
  readonly routed: unknown
  readonly composed: unknown
  readonly grant: unknown
  readonly refusal: unknown
  readonly isSameClass: boolean
  readonly express: string
  readonly expires: number
}

/** A copy of the project with our tarball installed, compiled where it needs to be, and what it printed. */
async function consume({ project, beside, isCompiled }: Consumer, copy: string): Promise<Result> {
  const directory = join(temporary, copy)
  mkdirSync(directory)
  cpSync(join(__dirname, project), directory, { recursive: true })
  await install(directory, tarball, ...beside)
  if (isCompiled) await run(directory, 'npm', 'run', '--silent', 'build')
  return JSON.parse(await run(directory, 'npm', 'run', '--silent', 'start', '--', AUDIO, ID)) as Result
}

describe.each<[string, Consumer]>([
  ['required', { project: 'cjs', express: /^5\./, beside: [], isCompiled: false }],
  [
    'required beside the oldest Express it is made for',
    { project: 'cjs', express: /^4\.18\.0$/, beside: ['express@4.18.0'], isCompiled: false },
  ],
  [
    'required beside the first Express 5',
    { project: 'cjs', express: /^5\.0\.0$/, beside: ['express@5.0.0'], isCompiled: false },
  ],
  ['imported', { project: 'esm', express: /^5\./, beside: [], isCompiled: false }],
  [
    'imported from strict TypeScript as an ES module',
    { project: 'ts-nodenext', express: /^5\./, beside: [], isCompiled: true },
  ],
  [
    'imported from TypeScript as CommonJS in the old way, with Express 4',
    { project: 'ts-commonjs', express: /^4\./, beside: [], isCompiled: true },
  ],
  [
    'imported without Express, on node:http',
    { project: 'plain-http', express: /^absent$/, beside: [], isCompiled: true },
  ],
])('the package, %s,', (name, consumer) => {
  let result: Result
  beforeAll(async () => {
    result = await consume(consumer, name.replaceAll(/\W/g, '-'))
  })

  const bytes = readFileSync(join(AUDIO, `${ID}.mp3`))
  const partial = {
    status: 206,
    contentRange: `bytes 1000-1999/${bytes.length}`,
    body: Buffer.from(bytes.subarray(1000, 2000)).toString('base64'),
  }

  it('runs beside the Express that is meant', () => {
    expect(result.express).toMatch(consumer.express)
  })

  it('streams a range of a signed track from its router', () => {
    expect(result.routed).toEqual(partial)
  })

  it('streams the same from its three middlewares', () => {
    expect(result.composed).toEqual(partial)
  })

  it('passes what was granted to later handlers', () => {
    expect(result.grant).toMatchObject({ id: ID, expires: result.expires })
  })

  it('has one StreamError, which an error handler of the app knows', () => {
    expect(result.refusal).toEqual({ code: 'SIGNATURE_MISSING' })
    expect(result.isSameClass).toBe(true)
  })
})
