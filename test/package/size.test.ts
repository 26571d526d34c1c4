/** What an app gets by `npm install express-signed-stream`. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack } from './packed'

jest.setTimeout(120_000)

/** Raise them only for a reason that the changelog gives. */
const MAX_PACKAGES = 9
const MAX_BYTES = { own: 2_500_000, all: 6_000_000 }

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-size-')))
const project = join(temporary, 'project')
const modules = join(project, 'node_modules')

beforeAll(async () => {
  const tarball = await pack(temporary)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{}')
  await install(project, tarball)
})
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

function bytesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(name => lstatSync(join(directory, name)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0)
}

describe('an empty project with the package', () => {
  it('has few packages', () => {
    const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: object
    }
    const names = Object.keys(packages).filter(name => name !== '')
    process.stdout.write(`Installed: ${names.length} packages\n`)
    expect(names.length).toBeLessThanOrEqual(MAX_PACKAGES)
  })

  it.each([
    ['the package itself', join(modules, 'express-signed-stream'), MAX_BYTES.own],
    ['all that is installed', modules, MAX_BYTES.all],
  ])('has, of %s, no more than is written here', (what, directory, ceiling) => {
    const bytes = bytesIn(directory)
    process.stdout.write(`Installed: ${what}, ${(bytes / 1e6).toFixed(2)} of ${ceiling / 1e6} MB\n`)
    expect(bytes).toBeLessThanOrEqual(ceiling)
  })
})
