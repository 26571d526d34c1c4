/** The recipe of `docs/recipes/client-address.md`. */
import { ask } from '../support/client'
import { describeHost } from './support/describe-host'
import { startRecipe } from './support/start-recipe'

describeHost({ recipe: 'client-address', args: ['server.js'] })

it('gives the app the same address', async () => {
  await using running = await startRecipe({ recipe: 'client-address', args: ['server.js'] })
  const { body } = await ask(running.port, '/', {
    headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7, 10.0.0.3' },
  })
  expect(body.toString()).toBe('Hello, 203.0.113.7')
})
