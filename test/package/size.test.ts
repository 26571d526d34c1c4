/** What an app gets by `npm install express-signed-stream`. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useProject } from './projects'

jest.setTimeout(120_000)

/** Raise them only for a reason that the changelog gives. */
const MAX_PACKAGES = 9
const MAX_BYTES = { own: 2_650_000, all: 6_150_000 }

const project = useProject('size')
const modules = join(project, 'node_modules')

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
