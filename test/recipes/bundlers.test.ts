/** The recipe of `docs/recipes/bundlers.md`. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../package/packed'
import { SECRET } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'
import { writeTracks } from './support/recipe-tracks'

// Builds take longer than other tests.
jest.setTimeout(120_000)

const OPEN_PAGE = join(__dirname, 'support/open-page.mjs')

const directory = folderOf('bundlers')

function runScript(name: string): Promise<string> {
  return run(directory, 'env', 'NO_COLOR=1', `SECRET_KEY=${SECRET}`, 'npm', 'run', '--silent', name)
}

describe('a server in one file', () => {
  beforeAll(async () => {
    await runScript('build:server')
  })

  describeHost({ recipe: 'bundlers', args: ['dist/server.cjs'] })
})

it.each([
  ['Vite', 'build:page', 'dist/vite/assets'],
  ['webpack', 'build:page:webpack', 'dist/webpack'],
  ['esbuild', 'build:page:esbuild', 'dist/esbuild'],
])('makes a page by %s that gives its player a signed link', async (_bundler, script, output) => {
  await runScript(script)
  const [file = ''] = readdirSync(join(directory, output))
  expect(await run(directory, process.execPath, OPEN_PAGE, join(output, file))).toBe(
    'http://localhost/stream/track1?expires=4000000000&sig=0123\n',
  )
})

it('is tested by Vitest, the server and the page', async () => {
  writeTracks('bundlers')
  expect(await runScript('test')).toMatch(/Tests +2 passed/)
})
