/** The recipe of `docs/recipes/next.md`, built and started by Next.js. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { run } from '../package/packed'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'

// A build takes longer than other tests.
jest.setTimeout(240_000)

/** What `npm start` runs: a signal to it reaches the server itself. */
const program = createRequire(join(folderOf('next'), 'package.json')).resolve('next/dist/bin/next')

beforeAll(async () => {
  await run(folderOf('next'), 'npm', 'run', '--silent', 'build')
})

describeHost({ recipe: 'next', args: [program, 'start'], base: '/api/stream' })
