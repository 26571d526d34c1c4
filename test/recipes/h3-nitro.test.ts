/** The recipes of `docs/recipes/h3-nitro.md`; Nitro builds its own. */
import { run } from '../package/packed'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'

// A build takes longer than other tests.
jest.setTimeout(120_000)

describe.each(['h3', 'h3-1'])('%s', recipe => {
  describeHost({ recipe, args: ['server.js'] })
})

describe.each(['nitro', 'nitro-2'])('%s', recipe => {
  beforeAll(async () => {
    await run(folderOf(recipe), 'npm', 'run', '--silent', 'build')
  })

  describeHost({ recipe, args: ['.output/server/index.mjs'], isBehindProxy: false })
})
