/** The recipes of `docs/recipes/fastify.md`. */
import { Buffer } from 'node:buffer'
import { ask } from '../support/client'
import { pathFor, SECRET, TRACK } from '../support/tracks'
import { run } from '../package/packed'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'
import { writeTracks } from './support/recipe-tracks'
import { startRecipe, type RunningRecipe } from './support/start-recipe'

describe('a route of Fastify that hijacks its reply', () => {
  describeHost({ recipe: 'fastify', args: ['server.js'] })
})

describe('the fields that hooks set', () => {
  let running: RunningRecipe
  beforeAll(async () => {
    running = await startRecipe({ recipe: 'fastify', args: ['server.js'] })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
  })

  it.each([
    ['a track', pathFor('track1'), 200],
    ['a refusal', '/stream/track1', 403],
  ])('are on %s', async (_what, path, expected) => {
    const { status, headers } = await ask(running.port, path)
    expect([status, headers['x-request-id']]).toEqual([expected, expect.stringMatching(/^req-/)])
  })

  it('do not replace the 405 for other methods', async () => {
    const { status, headers } = await ask(running.port, pathFor('track1'), { method: 'DELETE' })
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })
})

it('is tested by inject, without a port', async () => {
  writeTracks('fastify')
  const program = [`SECRET_KEY=${SECRET}`, process.execPath, '--test', '--test-reporter=tap', 'app.test.js']
  const output = await run(folderOf('fastify'), 'env', ...program)
  expect(output).toMatch(/^# pass 1\n# fail 0$/m)
})

it('serves as a middleware of @fastify/middie', async () => {
  await using running = await startRecipe({ recipe: 'fastify', args: ['middie.js'] })
  const whole = await ask(running.port, pathFor('track1'))
  const missing = await ask(running.port, '/missing')
  expect([whole.status, Buffer.compare(whole.body, TRACK), missing.status]).toEqual([200, 0, 404])
})
