/** The recipes of `docs/recipes/polka-connect.md`. */
import { ask, type Question } from '../support/client'
import { pathFor, TRACK } from '../support/tracks'
import { describeHost } from './support/describe-host'
import { startRecipe, type RunningRecipe } from './support/start-recipe'

describe.each(['polka', 'connect'])('%s', recipe => {
  describeHost({ recipe, args: ['server.js'] })
})

describe.each([
  ['with streamErrorHandler as onError', []],
  ['with its own onError', ['polka', 'own']],
  ['of version 1, with streamErrorHandler as onError', ['polka-1']],
])('the middlewares in routes of Polka %s', (_what, choice) => {
  let running: RunningRecipe
  beforeAll(async () => {
    running = await startRecipe({ recipe: 'polka', args: ['in-a-route.js', ...choice] })
  })
  afterAll(async () => {
    await running[Symbol.asyncDispose]()
  })

  async function responseTo(path: string, question?: Question): Promise<readonly [number, string]> {
    const { status, body } = await ask(running.port, path, question)
    return [status, body.toString()]
  }

  it.each([
    ['a link without a signature', '/stream/track1', 403, 'Signature invalide'],
    ['an expired link', pathFor('track1', 1), 403, 'Signature expirée'],
    ['what is no id', '/stream/a.b.c', 400, 'Identifiant invalide'],
    ['a track that is not there', pathFor('nowhere'), 404, 'Fichier non trouvé'],
    ['a track that is not there, in a route of one handler', '/open/nowhere', 404, 'Fichier non trouvé'],
  ])('refuse %s, and the process goes on', async (_refused, path, status, text) => {
    expect(await responseTo(path)).toEqual([status, text])
    const { status: served, body } = await ask(running.port, pathFor('track1'))
    expect([served, body.equals(TRACK)]).toEqual([200, true])
  })

  it('have nothing to do with other paths, which are 404', async () => {
    expect((await responseTo('/nothing'))[0]).toBe(404)
  })

  it('are in a process that has lived through all of it', async () => {
    await running.kill()
  })
})

describe('an error of the app, if streamErrorHandler is onError of Polka', () => {
  it.each(['polka', 'polka-1'])('is 500 without details, and is logged: %s', async name => {
    await using running = await startRecipe({ recipe: 'polka', args: ['in-a-route.js', name] })
    const { status, body } = await ask(running.port, '/fails')
    expect([status, body.toString()]).toEqual([500, ''])
    expect(await running.kill()).toContain('a secret of the app')
  })
})

it('does not serve HEAD, and ids outside ASCII, in a route of Polka 0.5, as the document says', async () => {
  await using running = await startRecipe({ recipe: 'polka', args: ['in-a-route.js'] })
  const track = await ask(running.port, pathFor('track1'))
  const head = await ask(running.port, pathFor('track1'), { method: 'HEAD' })
  const unicode = await ask(running.port, pathFor('é'))
  expect([track.status, head.status, unicode.status]).toEqual([200, 404, 400])
})
