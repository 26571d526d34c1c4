/** The module for browsers as its users get it: from the tarball. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './packed'
import { useProject } from './projects'

jest.setTimeout(120_000)

const project = useProject('client', 'client')
const installed = join(project, 'node_modules/express-signed-stream/dist/client')

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
