/** The recipe of `docs/recipes/hono.md`. */
import { ask } from '../support/client'
import { pathFor } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { startRecipe } from './support/start-recipe'

describe('in front of Hono', () => {
  describeHost({ recipe: 'hono', args: ['server.js'] })
})

it('does not respond to HEAD in a route of Hono, as the document says', async () => {
  await using running = await startRecipe({ recipe: 'hono', args: ['in-a-route.js'] })
  const { headers } = await ask(running.port, pathFor('track1'), { method: 'HEAD' })
  expect(headers['content-length']).toBeUndefined()
})
