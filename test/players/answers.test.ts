/** Every row of the table of answers, as curl shows them, in each host that an app may have. */
import { symlinkSync, writeFileSync } from 'node:fs'
import { createStreamRouter } from 'express-signed-stream'
import { HOSTS, listen, type RunningServer } from '../support/server'
import { inSeconds, pathFor, SECRET } from '../support/tracks'
import { makeEnder } from '../support/at-the-end'
import { makeWorkshop, runWell, type Workshop } from '../support/installed-program'
import { addTracks, TRACKS } from '../support/recordings'

jest.setTimeout(30_000)

const atTheEnd = makeEnder()

const [ID] = TRACKS

let tracks: Workshop
let outside: Workshop
beforeAll(async () => {
  tracks = makeWorkshop()
  atTheEnd(tracks.remove)
  outside = makeWorkshop()
  atTheEnd(outside.remove)
  addTracks(tracks)
  writeFileSync(outside.file('private.mp3'), 'of somebody else')
  symlinkSync(outside.file('private.mp3'), tracks.file('private.mp3'))
  await runWell('mkfifo', ['pipe.mp3'], { cwd: tracks.path })
})

const good = pathFor(ID)

/** What a client gets for each code. */
const ANSWERS = {
  METHOD_NOT_ALLOWED: [405, 'Méthode non autorisée'],
  INVALID_ID: [400, 'Identifiant invalide'],
  SIGNATURE_MISSING: [403, 'Signature invalide'],
  SIGNATURE_MALFORMED: [403, 'Signature invalide'],
  SIGNATURE_INVALID: [403, 'Signature invalide'],
  SIGNATURE_EXPIRED: [403, 'Signature expirée'],
  SIGNATURE_LIFETIME: [403, 'Signature invalide'],
  NOT_FOUND: [404, 'Fichier non trouvé'],
  PRECONDITION_FAILED: [412, 'Précondition non remplie'],
  RANGE_NOT_SATISFIABLE: [416, 'Plage non satisfaisable'],
} as const

const [path = '', query = ''] = good.split('?')
const inCapitals = good.replace(/sig=.*/, 'sig=' + 'ABCDEF01'.repeat(8))

const rows: [what: string, code: keyof typeof ANSWERS, target: string, args: string[], field?: string][] = [
  ['a POST', 'METHOD_NOT_ALLOWED', good, ['-X', 'POST'], 'Allow: GET, HEAD'],
  ['an id with a dot', 'INVALID_ID', good.replace(ID, 'morning.tide.mp3'), []],
  ['a way out of the directory', 'INVALID_ID', good.replace(ID, '..%2Fprivate'), []],
  ['a path that does not decode', 'INVALID_ID', good.replace(ID, '%E0%A4%A'), []],
  ['no signature', 'SIGNATURE_MISSING', path, []],
  ['a repeated signature', 'SIGNATURE_MALFORMED', `${good}&${query}`, []],
  ['a signature in capitals', 'SIGNATURE_MALFORMED', inCapitals, []],
  ['the signature of another track', 'SIGNATURE_INVALID', good.replace(ID, TRACKS[1]), []],
  ['an expired link', 'SIGNATURE_EXPIRED', pathFor(ID, inSeconds(-10)), []],
  ['a link that lives too long', 'SIGNATURE_LIFETIME', pathFor(ID, inSeconds(90_000)), []],
  ['no such track', 'NOT_FOUND', pathFor('nothing'), []],
  ['an extension that is not served', 'NOT_FOUND', good.replace(ID, `${ID}.exe`), []],
  ['a link out of the directory', 'NOT_FOUND', pathFor('private'), []],
  ['a pipe', 'NOT_FOUND', pathFor('pipe'), []],
  ['a version that is gone', 'PRECONDITION_FAILED', good, ['-H', 'If-Match: "gone"']],
  ['a range behind the end', 'RANGE_NOT_SATISFIABLE', good, ['-r', '99999999-'], 'Content-Range: bytes */'],
]

describe.each(HOSTS)('on %s', (_host, mount) => {
  let server: RunningServer
  beforeAll(async () => {
    const router = createStreamRouter({ dir: tracks.path, secret: SECRET, maxTtl: 86_400 })
    server = await listen(mount(router))
  })
  afterAll(() => server.close())

  async function curl(target: string, ...args: string[]): Promise<{ head: string; body: string }> {
    const all = ['--silent', '--include', '--path-as-is', ...args, `${server.origin}${target}`]
    const { stdout } = await runWell('curl', all, { cwd: tracks.path })
    const [head = '', body = ''] = stdout.toString().split('\r\n\r\n')
    return { head: `${head}\r\n`, body }
  }

  it.each(rows)('curl gets for %s the text of %s', async (_what, code, target, args, field = '') => {
    const [status, text] = ANSWERS[code]
    const { head, body } = await curl(target, ...args)
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toContain(`\r\nContent-Type: text/plain; charset=utf-8\r\n`)
    expect(head).toContain('\r\nCache-Control: no-store\r\n')
    expect(head).toContain('\r\nAccess-Control-Allow-Origin: *\r\n')
    expect(head).toContain(`\r\n${field}`)
    expect(body).toBe(text)
  })

  it.each(rows)('curl gets for %s, if it prefers JSON, the problem %s', async (_what, code, target, args) => {
    const [status] = ANSWERS[code]
    const { head, body } = await curl(target, ...args, '-H', 'Accept: application/problem+json')
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toMatch(/\r\nContent-Type: application\/problem\+json(;.*)?\r\n/)
    expect(JSON.parse(body)).toMatchObject({ status, code })
  })
})
