/** The vectors, sent to nginx alone: it serves what they call valid, refuses the rest, and passes links with terms to Node. */
import { Buffer } from 'node:buffer'
import type { RequestListener } from 'node:http'
import { createLinks, createStreamHandler, isTrackId } from 'express-signed-stream'
import { listen, type RunningServer } from '../support/server'
import { makeTrackDirectory, TRACK } from '../support/tracks'
import { verifyVectors, type VerifyGroup, type VerifyTest } from '../support/vectors'
import { sendRaw, startNginxAlone, type NginxAlone } from './nginx-alone'

/** Bytes of a name that file systems store. */
const LONGEST_NAME = 255

const tracks = makeTrackDirectory()
afterAll(() => {
  tracks.remove()
})

describe.each(verifyVectors.testGroups.map(group => [group.comment, group] as const))(
  '%s',
  (_comment, group) => {
    const { clockTolerance, maxTtl } = group.options
    const secrets = group.secrets.map(({ secret, secretHex = '' }) => secret ?? Buffer.from(secretHex, 'hex'))
    const reached: string[] = []
    let node: RunningServer
    let nginx: NginxAlone

    beforeAll(async () => {
      node = await listen(nodeOf(group, url => reached.push(url)))
      nginx = await startNginxAlone({
        clockTolerance,
        maxTtl,
        dir: tracks.path,
        secrets,
        nodePort: node.port,
        now: '$http_x_test_time',
      })
    })
    afterAll(async () => {
      await nginx[Symbol.asyncDispose]()
      await node.close()
    })

    it.each(group.tests.map(test => [`${test.tcId}: ${test.comment}`, test] as const))(
      '%s',
      async (_name, test) => {
        const { target, at, address } = test.request
        const sent = underStream(target)
        const id = idOf(sent)
        if (isTrackId(id) && nameLength(id) <= LONGEST_NAME) tracks.write(`${id}.mp3`, TRACK)
        reached.length = 0
        const fields = [`X-Test-Time: ${at}`, 'Range: bytes=0-9']
        const { status, body } = await sendRaw(nginx.port, sent, { fields })

        if (hasTerms(sent) && isTrackId(id)) {
          expect(reached).toHaveLength(1)
          // nginx replaces the address of the client by its own view of it.
          if (address !== null) return
        } else {
          expect(reached).toEqual([])
        }
        expect([status, status < 400 ? '' : Buffer.from(body, 'latin1').toString()]).toEqual(
          due(test, sent, id),
        )
      },
    )
  },
)

/** Node behind nginx, at the time that a request says; a session that one request begins is none of the next. */
function nodeOf(
  { options: { sets, ...limits }, secrets }: VerifyGroup,
  onRequest: (url: string) => void,
): RequestListener {
  const secret = secrets.map(({ keyId, secret, secretHex = '' }) => {
    const bytes = secret ?? Buffer.from(secretHex, 'hex')
    return keyId === undefined ? bytes : { keyId, secret: bytes }
  })
  return (req, res) => {
    const now = Number(req.headers['x-test-time'])
    const links = createLinks({
      ...limits,
      secret,
      now: () => now,
      ...(sets && { sets: (set, id) => Object.hasOwn(sets, set) && sets[set]?.includes(id) === true }),
    })
    onRequest(String(req.url))
    createStreamHandler({ path: '/stream', dir: tracks.path, links })(req, res)
  }
}

/** The vectors have paths of several deployments. */
function underStream(target: string): string {
  return target.replace(/^[^?#]*\/(?=[^/?#]*(?:[?#]|$))/, '/stream/')
}

function idOf(target: string): string {
  const [, segment = ''] = /^\/stream\/([^?#]*)/.exec(target) ?? []
  try {
    return decodeURIComponent(segment).replace(/\.[a-z0-9]{1,16}$/i, '')
  } catch {
    return ''
  }
}

function nameLength(id: string): number {
  return Buffer.byteLength(`${id}.mp3`)
}

function hasTerms(target: string): boolean {
  return /[?&](?:t|%74)(?:e|%65)(?:r|%72)(?:m|%6[dD])(?:s|%73)(?:=|\[|%5[bB]|&|$)/.test(target)
}

const TEXTS: Readonly<Record<string, readonly [number, string]>> = {
  INVALID_ID: [400, 'Identifiant invalide'],
  SIGNATURE_EXPIRED: [403, 'Signature expirée'],
  SIGNATURE_NOT_YET_VALID: [403, 'Signature pas encore valide'],
  NETWORK_NOT_ALLOWED: [403, 'Réseau non autorisé'],
}

/** @param id of which a file exists, an MP3, unless its name is too long */
function due({ result, code = '' }: VerifyTest, target: string, id: string): readonly [number, string] {
  const notFound = [404, 'Fichier non trouvé'] as const
  // No path of a track.
  if (!/^\/stream\/[^/?#]+(?:[?#]|$)/.test(target)) return notFound
  if (result === 'refused') return TEXTS[code] ?? [403, 'Signature invalide']
  const isOtherType = /^[^?#]*\.(?!mp3[?#])/i.test(target)
  return isOtherType || nameLength(id) > LONGEST_NAME ? notFound : [206, '']
}
