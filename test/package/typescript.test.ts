/** The types, by old and new versions of TypeScript, in each way in which it resolves modules. */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './packed'
import { useProjects } from './projects'

jest.setTimeout(120_000)

const { project } = useProjects('typescript')

const { devDependencies } = JSON.parse(readFileSync(join(__dirname, 'typescript/package.json'), 'utf8')) as {
  devDependencies: Record<string, string>
}

const VERSIONS = Object.keys(devDependencies).flatMap(name => {
  const version = /^typescript-(\d)\.\d$/.exec(name)
  return version === null ? [] : [{ name, major: Number(version[1]) }]
})

const STRICT = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--skipLibCheck',
  'false',
  '--target',
  'es2022',
  '--lib',
  'es2022,dom,dom.iterable',
  '--types',
  'node',
]

/** By name: the file, whose extension says what it is, and the options. */
const MODES = {
  'node10, CommonJS': ['app.ts', '--module commonjs --moduleResolution node10 --esModuleInterop'],
  'node16, CommonJS': ['app.cts', '--module node16 --moduleResolution node16 --esModuleInterop'],
  'node16, ES module': ['app.mts', '--module node16 --moduleResolution node16'],
  'nodenext, verbatimModuleSyntax': ['app.mts', '--module nodenext --verbatimModuleSyntax'],
  'bundler, verbatimModuleSyntax': [
    'app.ts',
    '--module esnext --moduleResolution bundler --verbatimModuleSyntax',
  ],
} as const

type Mode = keyof typeof MODES

/** TypeScript 6 warns of the oldest mode, and 7 has no such mode. */
const CASES = VERSIONS.flatMap(({ name, major }) =>
  (Object.keys(MODES) as Mode[])
    .filter(mode => major < 7 || !mode.startsWith('node10'))
    .map(mode => ({ name, mode, quiet: major === 6 ? ['--ignoreDeprecations', '6.0'] : [] })),
)

beforeAll(() => {
  for (const file of ['app.cts', 'app.ts']) copyFileSync(join(project, 'app.mts'), join(project, file))
})

describe.each(VERSIONS)('strict $name', ({ name }) => {
  it.each(CASES.filter(each => each.name === name))(
    'accepts all entries by $mode',
    async ({ mode, quiet }) => {
      const [file, options] = MODES[mode]
      const tsc = join(project, 'node_modules', name, 'bin/tsc')
      const args = [...STRICT, ...options.split(' '), ...quiet, file]
      expect(await run(project, process.execPath, tsc, ...args)).toBe('')
    },
  )
})
