/** The packed package on other versions of Node, and on Bun and Deno. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTrackDirectory, SECRET } from '../support/tracks'
import { CASES, CONTENT, type Case } from './host-cases'
import { install, pack, ROOT, run } from './packed'

jest.setTimeout(180_000)

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-runtimes-')))
const project = join(temporary, 'project')
const tracks = makeTrackDirectory()
const order = join(temporary, 'order.json')

const { platform, arch } = process
const BUN = `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`

const SETTINGS = ['node:http', 'Express 5'].flatMap(host =>
  ['handler', 'composed'].map(form => ({ host, form, options: { dir: tracks.path, secret: SECRET } })),
)

beforeAll(async () => {
  tracks.write('track1.mp3', CONTENT)
  const tarball = await pack(temporary)
  cpSync(join(__dirname, 'runtimes'), project, { recursive: true })
  for (const name of ['clients', 'exchange', 'forms', 'node', 'record']) {
    cpSync(join(__dirname, 'hosts', `${name}.mjs`), join(project, `${name}.mjs`))
  }
  const exchanges = CASES.map(({ request, awaits }) => ({
    awaits,
    request: { method: 'GET', headers: {}, ...request },
  }))
  writeFileSync(order, JSON.stringify({ settings: SETTINGS, exchanges }))
  await install(project, tarball, BUN, 'deno')
})
afterAll(() => {
  tracks.remove()
  rmSync(temporary, { recursive: true, force: true })
})

interface Seen {
  readonly received?: {
    readonly status: number
    readonly headers: object
    readonly body: { readonly length: number; readonly sha256: string; readonly base64?: string }
  }
  readonly failure?: string
  readonly silence?: string
  readonly events: readonly object[]
  readonly faults: readonly string[]
}

interface Report {
  /** By setting, then by case. */
  readonly results: readonly (readonly Seen[])[]
  readonly isOneClass: boolean
  readonly faults: readonly string[]
}

function onNode(major: string): readonly string[] {
  return [join(ROOT, '.ci/on-node'), major, 'node', 'check.mjs']
}

/** By name: the command that runs the check. */
const RUNTIMES: readonly [string, readonly string[]][] = [
  ...['22', '24', '26'].map((major): [string, readonly string[]] => [`Node ${major}`, onNode(major)]),
  ['Bun', [join(project, 'node_modules', BUN, 'bin/bun'), 'check.mjs']],
  ['Deno', [join(project, 'node_modules/.bin/deno'), 'run', '--allow-all', 'check.mjs']],
]

function expectBody(body: NonNullable<Seen['received']>['body'], expected: Case['body']): void {
  if (Buffer.isBuffer(expected)) {
    const sha256 = createHash('sha256').update(expected).digest('hex')
    expect(body).toMatchObject({ length: expected.length, sha256 })
    return
  }
  const bytes = Buffer.from(body.base64 ?? '', 'base64')
  for (const part of expected) expect(bytes.includes(part)).toBe(true)
}

describe.each(RUNTIMES)('on %s, the package', (name, [program = '', ...args]) => {
  let report: Report
  beforeAll(async () => {
    const file = join(temporary, `${name}.json`)
    await run(project, program, ...args, order, file)
    report = JSON.parse(readFileSync(file, 'utf8')) as Report
  })

  describe.each(SETTINGS.map(({ host, form }, index) => [`${form} on ${host}`, index] as const))(
    'as %s,',
    (_setting, index) => {
      it.each(CASES.map((entry, at) => [entry.what, entry, at] as const))(
        'gives %s',
        (_what, expected, at) => {
          const { received, failure, silence, faults, events } = report.results[index]?.[at] ?? {}
          expect({ failure, silence, faults, status: received?.status }).toEqual({
            failure: undefined,
            silence: undefined,
            faults: [],
            status: expected.status,
          })
          expect(received?.headers).toMatchObject(expected.headers)
          if (received !== undefined) expectBody(received.body, expected.body)
          expect(events).toMatchObject(expected.events)
        },
      )
    },
  )

  it('is one copy for require and import, and leaves nothing uncaught', () => {
    expect(report).toMatchObject({ isOneClass: true, faults: [] })
  })
})
