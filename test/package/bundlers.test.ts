/** The package in bundles, and the client in a test runner without ES modules. */
import { Buffer } from 'node:buffer'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT, run } from './packed'
import { useProject } from './projects'

jest.setTimeout(180_000)

const AUDIO = join(ROOT, 'audio')
const ID = 'morning-tide'

/** Bytes of a bundle, not minified, that only signs. All of the package is more than ten times as large. */
const SIGNER_CEILING = 28_000

const project = useProject('bundlers', 'bundlers')
const temporary = dirname(project)

const ESBUILD = ['--bundle', '--platform=node', '--target=node20', '--log-level=warning']

/** By name: makes a bundle of `entry` in `directory`, which holds nothing else. */
const BUNDLERS: Readonly<Record<string, (entry: string, directory: string) => Promise<string>>> = {
  'esbuild, as an ES module': (entry, directory) =>
    run(
      project,
      join(ROOT, 'node_modules/.bin/esbuild'),
      entry,
      ...ESBUILD,
      '--format=esm',
      `--outfile=${directory}/out.mjs`,
    ),
  'esbuild, as CommonJS': (entry, directory) =>
    run(
      project,
      join(ROOT, 'node_modules/.bin/esbuild'),
      entry,
      ...ESBUILD,
      '--format=cjs',
      `--outfile=${directory}/out.cjs`,
    ),
  'rollup, as an ES module': (entry, directory) =>
    run(project, process.execPath, 'bundle.js', 'rollup', entry, directory),
  'vite, for a server': (entry, directory) =>
    run(project, process.execPath, 'bundle.js', 'vite', entry, directory),
  'webpack, as an ES module': (entry, directory) =>
    run(project, process.execPath, 'bundle.js', 'webpack', entry, directory),
}

/** @returns the one file of the bundle, where no package can be found */
async function bundle(name: string, entry: string): Promise<string> {
  const directory = join(temporary, `${name.replaceAll(/\W/g, '-')}-${entry}`)
  mkdirSync(directory)
  expect(await BUNDLERS[name]?.(entry, directory)).toBe('')
  const files = readdirSync(directory)
  expect(files).toHaveLength(1)
  return join(directory, files[0] ?? '')
}

describe.each(Object.keys(BUNDLERS))('a bundle by %s,', name => {
  it('streams, and has one class of each error', async () => {
    const program = await bundle(name, 'server.js')
    const bytes = readFileSync(join(AUDIO, `${ID}.mp3`))
    expect(JSON.parse(await run(temporary, process.execPath, program, AUDIO, ID))).toEqual({
      range: {
        status: 206,
        contentRange: `bytes 1000-1999/${bytes.length}`,
        body: Buffer.from(bytes.subarray(1000, 2000)).toString('base64'),
      },
      fault: { isStreamError: true, code: 'SOURCE_UNAVAILABLE' },
    })
  })

  it('is small if it only signs', async () => {
    const program = await bundle(name, 'signer.js')
    expect(await run(temporary, process.execPath, program)).toMatch(
      /^\/stream\/track1\?expires=9999999999&sig=[0-9a-f]{64}\n$/,
    )
    expect(statSync(program).size).toBeLessThan(SIGNER_CEILING)
  })
})

describe('a bundle', () => {
  it('has nothing of the client if it uses nothing of it', async () => {
    const code = join(project, 'unused.js')
    const out = join(temporary, 'unused.js')
    await run(
      project,
      process.execPath,
      '-e',
      `fs.writeFileSync(${JSON.stringify(code)}, "import 'express-signed-stream/client'")`,
    )
    await run(
      project,
      join(ROOT, 'node_modules/.bin/esbuild'),
      code,
      '--bundle',
      '--format=esm',
      `--outfile=${out}`,
      '--log-level=error',
    )
    expect(readFileSync(out, 'utf8').trim()).toBe('')
  })
})

describe('Jest without ES modules', () => {
  it('can require the client', async () => {
    const jest = join(ROOT, 'node_modules/jest/bin/jest.js')
    const args = ['--rootDir', join(project, 'jest'), '--testMatch', '**/*.test.cjs', '--silent']
    await expect(run(project, process.execPath, jest, ...args)).resolves.toBe('')
  })
})
