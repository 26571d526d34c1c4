/** The recipes of `docs/recipes/nest.md`, compiled by TypeScript as their users do. */
import { run } from '../package/packed'
import { ask } from '../support/client'
import { pathFor } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'
import { startRecipe } from './support/start-recipe'

// TypeScript takes longer than other tests.
jest.setTimeout(120_000)

describe.each(['nest-express', 'nest-fastify'])('%s', recipe => {
  beforeAll(async () => {
    await run(folderOf(recipe), 'npm', 'run', '--silent', 'build')
  })

  describeHost({ recipe, args: ['dist/main.js'] })
})

it('does not serve by consumer.apply on Fastify, as the document says', async () => {
  await using running = await startRecipe({ recipe: 'nest-fastify', args: ['dist/consumer.js'] })
  const { status } = await ask(running.port, pathFor('track1'))
  expect(status).toBe(500)
})
