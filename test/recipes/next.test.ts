/** The recipe of `docs/recipes/next.md`, built and started by Next.js. */
import { run } from '../package/packed'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'

// A build takes longer than other tests.
jest.setTimeout(240_000)

const PROGRAM = '../node_modules/next/dist/bin/next'

beforeAll(async () => {
  await run(folderOf('next'), process.execPath, PROGRAM, 'build')
})

describeHost({ recipe: 'next', args: [PROGRAM, 'start'], base: '/api/stream', isBehindProxy: false })
