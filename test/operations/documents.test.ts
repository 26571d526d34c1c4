/** `docs/operations.md` names what there is: a page that is wrong at three in the morning is worse than none. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { variables } from '../../demo/settings/variables'
import { STREAM_ERROR_CODES } from '../../src/errors'

const PROJECT = join(__dirname, '../..')
const DOCS = join(PROJECT, 'docs')
const text = readFileSync(join(DOCS, 'operations.md'), 'utf8')

/** The code that logs. */
const sources = [
  'demo/server.ts',
  'demo/start.ts',
  'demo/app',
  'demo/front',
  'demo/library',
  'demo/links',
  'demo/process',
  'demo/workers',
  'src/links',
  'src/pipeline',
]
  .flatMap(place => filesAt(join(PROJECT, place)))
  .map(path => readFileSync(path, 'utf8'))
  .join('\n')

function filesAt(path: string): string[] {
  if (path.endsWith('.ts')) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(path, name))
}

/** The text from a heading to the next one. */
function section(heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`)
  return text.slice(start, text.indexOf('\n## ', start + 1))
}

/** All that stands in the first group of `pattern`. */
function found(pattern: RegExp, within = text): string[] {
  return Array.from(within.matchAll(pattern), ([, match = '']) => match)
}

it('has every variable, with the default and the meaning that --help prints', () => {
  const rows = Object.entries(variables).map(
    ([name, { otherwise, meaning }]) => `| \`${name}\` | ${otherwise} | ${meaning} |`,
  )
  expect(found(/^(\| `.*)$/gm, section('Configure'))).toEqual(rows)
})

it('explains messages that are logged', () => {
  const cells = found(/^\| (`[^|]+`) \| (?:debug|info|warn|error)/gm, section('Logs'))
  const messages = cells.flatMap(cell => found(/`([^`]+)`/g, cell))
  expect(messages.length).toBeGreaterThan(10)
  expect(messages.filter(message => !sources.includes(`'${message}'`))).toEqual([])
})

it('explains codes that there are', () => {
  const codes = found(/`(SIGNATURE_[A-Z]+|NOT_FOUND|SOURCE_[A-Z]+)`/g)
  expect(codes.filter(code => !(STREAM_ERROR_CODES as readonly string[]).includes(code))).toEqual([])
})
