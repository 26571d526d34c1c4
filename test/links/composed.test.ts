/** Links in the parts that an app composes, and the options that do not go together. */
import express, { type RequestHandler } from 'express'
import type { memoryState } from 'express-signed-stream'
import {
  createLinks,
  createStreamHandler,
  createStreamRouter,
  rangeStream,
  requireSignedUrl,
  streamErrorHandler,
  type Grant,
  type Links,
} from 'express-signed-stream'
import { ask } from '../support/client'
import { listen } from '../support/server'
import { makeTrackDirectory, SECRET, TRACK } from '../support/tracks'
import { NOW, signed } from './listening'

const directory = makeTrackDirectory()
beforeAll(() => {
  directory.write('track1.mp3', TRACK)
})
afterAll(() => {
  directory.remove()
})

const dir = directory.path

function newLinks(): Links {
  return createLinks({ secret: SECRET, now: () => NOW })
}

/** An app that does `between` with the grant. */
function appOf(links: Links, between: (grant: Grant) => Grant | undefined): express.Express {
  function change(...[req, , next]: Parameters<RequestHandler>): void {
    const grant = req.grant && between(req.grant)
    if (grant === undefined) delete req.grant
    else req.grant = grant
    next()
  }
  const app = express()
  app.get('/:id', requireSignedUrl({ links }), change, rangeStream({ dir }))
  app.use(streamErrorHandler())
  return app
}

async function statusesOf(app: express.Express, url: string): Promise<number[]> {
  await using server = await listen(app)
  const statuses: number[] = []
  for (const host of [1, 2]) {
    const headers = { Range: 'bytes=0-9' }
    statuses.push((await ask(server.port, url, { headers, localAddress: `127.0.0.${host}` })).status)
  }
  return statuses
}

describe('requireSignedUrl and rangeStream with links', () => {
  const once = signed('track1', 'jti.a.uses.1')

  it.each<[string, (grant: Grant) => Grant | undefined, number[]]>([
    ['as it was granted', grant => grant, [206, 403]],
    ['as a copy', grant => ({ ...grant }), [206, 403]],
    [
      'as a copy of its fields, which nobody can enforce',
      grant => JSON.parse(JSON.stringify(grant)) as Grant,
      [403, 403],
    ],
    ['as nothing', () => undefined, [403, 403]],
  ])('count a use %s', async (_how, between, statuses) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    expect(await statusesOf(appOf(newLinks(), between), once)).toEqual(statuses)
    emitWarning.mockRestore()
  })

  it('serve a grant without terms that the app copied', async () => {
    const plain = JSON.parse(JSON.stringify({ id: 'track1', expires: NOW + 60, keyIndex: 0 })) as Grant
    expect(
      await statusesOf(
        appOf(newLinks(), () => plain),
        signed('track1', `iat.${NOW}`),
      ),
    ).toEqual([206, 206])
  })

  it('revoke what the links of both say, and share it with a router', async () => {
    const links = newLinks()
    const app = appOf(links, grant => grant)
    app.use('/stream', createStreamRouter({ dir, links }))
    await links.revoke({ linkId: 'a' })
    await using server = await listen(app)
    expect((await ask(server.port, once)).status).toBe(403)
    expect((await ask(server.port, `/stream${once}`)).status).toBe(403)
  })
})

describe('options of links', () => {
  const links = newLinks()

  it.each<[string, () => unknown, string]>([
    [
      'a secret beside links',
      () => createStreamRouter({ dir, links, secret: SECRET }),
      'Cannot make createStreamRouter: secret belongs to links',
    ],
    [
      'maxTtl beside links',
      () => createStreamHandler({ dir, links, maxTtl: 5 }),
      'Cannot make createStreamHandler: maxTtl belongs to links',
    ],
    [
      'clockTolerance beside links',
      () => requireSignedUrl({ links, clockTolerance: 5 }),
      'Cannot make requireSignedUrl: clockTolerance belongs to links',
    ],
    [
      'links of another kind',
      () => requireSignedUrl({ links: {} as Links }),
      'links must be what createLinks returns',
    ],
    [
      'neither a secret nor links',
      () => createStreamRouter({ dir }),
      'Cannot make createStreamRouter: secret is missing',
    ],
    [
      'a secret with a wrong name',
      () => createLinks({ secret: { keyId: 'A B', secret: SECRET } }),
      'must have a keyId of 1 to 16',
    ],
    [
      'one name twice',
      () =>
        createLinks({
          secret: [
            { keyId: 'a', secret: SECRET },
            { keyId: 'a', secret: `${SECRET}2` },
          ],
        }),
      'has the same keyId twice',
    ],
    [
      'nothing to recognise listeners by',
      () => createLinks({ secret: SECRET, sessions: { cookie: false, address: false } }),
      'sessions must recognise listeners',
    ],
    [
      'a state of another kind',
      () => createLinks({ secret: SECRET, state: {} as ReturnType<typeof memoryState> }),
      'state must be a state of links',
    ],
    [
      'a path of cookies that is none',
      () => createLinks({ secret: SECRET, sessions: { cookiePath: 'a;b' } }),
      'sessions.cookiePath must be a path',
    ],
    [
      'another enforcement',
      () => createLinks({ secret: SECRET, enforce: { network: 'maybe' as 'report' } }),
      'enforce.network must be "refuse" or "report"',
    ],
    [
      'another way to limit',
      () => createLinks({ secret: SECRET, onLimit: 'x' as 'refuse' }),
      'onLimit must be "refuse" or "endOldest"',
    ],
    [
      'sets that are no function',
      () => createLinks({ secret: SECRET, sets: [] as never }),
      'sets must be a function',
    ],
  ])('refuse %s', (_what, make, problem) => {
    expect(make).toThrow(problem)
  })
})
