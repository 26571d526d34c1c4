/** The recipes of `docs/recipes/polka-connect.md`. */
import { ask } from '../support/client'
import { pathFor } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { startRecipe } from './support/running-recipe'

describe.each(['polka', 'connect'])('%s', recipe => {
  describeHost({ recipe, args: ['server.js'] })
})

it('does not serve HEAD, and ids outside ASCII, in a route of Polka, as the document says', async () => {
  await using running = await startRecipe({ recipe: 'polka', args: ['in-a-route.js'] })
  const track = await ask(running.port, pathFor('track1'))
  const head = await ask(running.port, pathFor('track1'), { method: 'HEAD' })
  const unicode = await ask(running.port, pathFor('é'))
  expect([track.status, head.status, unicode.status]).toEqual([200, 404, 400])
})
