/** The module for browsers as its users get it: from the tarball. */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack, ROOT, run } from './packed'

jest.setTimeout(120_000)

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-client-')))
const project = join(temporary, 'project')
const installed = join(project, 'node_modules/express-signed-stream/dist/client')

beforeAll(async () => {
  const tarball = await pack(temporary)
  cpSync(join(__dirname, 'client'), project, { recursive: true })
  await install(project, tarball)
})
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

describe('express-signed-stream/client', () => {
  it.each([
    ['for a bundler', []],
    ['as Node resolves modules', ['--module', 'nodenext', '--moduleResolution', 'nodenext']],
    ['in the old way', ['--moduleResolution', 'node10', '--ignoreDeprecations', '6.0']],
  ])('has types for strict TypeScript with the DOM, resolved %s', async (_how, args) => {
    expect(await run(project, 'npx', '--no-install', 'tsc', '--project', '.', ...args)).toBe('')
  })

  it('needs neither the rest of the package nor Node', async () => {
    const esbuild = join(ROOT, 'node_modules/.bin/esbuild')
    const args = [
      '--bundle',
      '--format=esm',
      '--platform=browser',
      '--metafile=meta.json',
      '--outfile=page.js',
    ]
    await run(project, esbuild, 'page.ts', ...args, '--log-limit=0', '--log-level=warning')
    const { inputs } = JSON.parse(readFileSync(join(project, 'meta.json'), 'utf8')) as { inputs: object }
    const foreign = Object.keys(inputs).filter(name => !join(project, name).startsWith(installed))
    expect(foreign).toEqual(['page.ts'])
  })

  it('is an ES module that may be imported anywhere, as pages that are rendered on a server do', async () => {
    const code = "console.log(Object.keys(await import('express-signed-stream/client')).join())"
    expect(await run(project, process.execPath, '--input-type=module', '-e', code)).toBe('keepPlaying\n')
  })

  it('names its files as browsers without a bundler find them', () => {
    const imports = Array.from(
      readFileSync(join(installed, 'keep-playing.js'), 'utf8').matchAll(/ from ["'](.*)["']/g),
      ([, name]) => name ?? '',
    )
    expect(imports.length).toBeGreaterThan(0)
    expect(imports.filter(name => !/^\.\/[a-z-]+\.js$/.test(name))).toEqual([])
  })
})
