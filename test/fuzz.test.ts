/**
 * Requests that nobody would send, by the thousand, on real sockets: whatever stands in them, the signature alone
 * opens a track, and what is sent is what was promised.
 *
 * A failure prints its seed. The same run again, or another and longer one:
 * `FUZZ_SEED=42 FUZZ_RUNS=5000 npx jest test/fuzz`
 */
import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { METHODS } from 'node:http'
import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import fc, { type Arbitrary } from 'fast-check'
import { AnswerReader, parseParts, type WholeAnswer } from './support/answer-reader'
import { startChild, type ChildServer } from './support/child'
import { ask } from './support/client'
import { LAST_MODIFIED, makeTrackDirectory, pathFor, SECRET, TRACK } from './support/tracks'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_102)
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300)
/** Milliseconds after which a server that says nothing hangs. */
const PATIENCE = 5000

jest.setTimeout(60_000 + RUNS * 100)

/** Ids of tracks, and for each the id of none, as long on the wire. */
const TWINS = [
  ['track1', 'track2', TRACK],
  ['one', 'two', TRACK.subarray(0, 1)],
  ['éclair-歌', 'éclair-唄', TRACK.subarray(1000, 2000)],
  ['x'.repeat(128), 'y'.repeat(128), TRACK.subarray(0, 70_000)],
  ['empty', 'emptx', Buffer.alloc(0)],
] as const
const CONTENT = new Map<string, Buffer>(TWINS.map(([id, , content]) => [id, content]))
const ETAGS = new Map<string, string>()

const HOST_NAMES = ['Express 5', 'node:http']
const tracks = makeTrackDirectory()
for (const [id, content] of CONTENT) tracks.write(`${id}.mp3`, content)
let child: ChildServer

beforeAll(async () => {
  child = await startChild(tracks.path, { hosts: HOST_NAMES, cors: { origin: true } })
  for (const id of CONTENT.keys()) {
    const { headers } = await ask(child.port, pathFor(id), { method: 'HEAD' })
    ETAGS.set(id, headers.etag ?? '')
  }
})
afterAll(async () => {
  await child[Symbol.asyncDispose]()
  tracks.remove()
})

describe.each(HOST_NAMES.map((name, index) => [name, index] as const))('on %s', (_name, index) => {
  it('each request of a conversation is answered for itself, and by the bytes it promises', async () => {
    const conversation = fc
      .tuple(
        fc.array(request(anyTarget()), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', 'track1', 'two'),
      )
      .map(([questions, id]) =>
        id === '' ? questions : questions.flatMap(asked => [asked, borrow(asked, id)]),
      )
    await assertAlways(
      fc.asyncProperty(conversation, fc.boolean(), async (questions, isPipelined) => {
        for (const [question, answer] of await converse(port(), questions, isPipelined))
          judge(question, answer)
      }),
    )
  })

  it('a link that opens nothing is refused in the same bytes whether the track exists or not', async () => {
    await assertAlways(
      fc.asyncProperty(forgedTwins(), request(fc.constant('')), async (targets, question) => {
        const answers: string[] = []
        for (const target of targets) {
          const [first] = await converse(port(), [{ ...question, target }], false)
          if (first !== undefined) judge(...first)
          answers.push(withoutDate(first?.[1]))
        }
        expect(answers[0]).toBe(answers[1])
      }),
    )
  })

  it('bytes that are no request at all end in a refusal or in silence', async () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true })
    const cuts = fc.array(fc.tuple(place, fc.nat(6), noise()), { minLength: 1, maxLength: 4 })
    const damaged = fc.tuple(request(anyTarget()), cuts).map(([question, places]) => damage(question, places))
    await assertAlways(
      fc.asyncProperty(damaged, async data => {
        const answers = await exchange(port(), data)
        const statuses = Array.from(answers.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status))
        expect(statuses.filter(status => status >= 500)).toEqual([])
        expect(answers).not.toMatch(/^x-injected/im)
        const isOpen = data.match(/\/stream\/\S*/gi)?.some(target => grantOf(target).kind === 'open')
        if (!isOpen) expect(statuses.filter(status => TELLING.has(status))).toEqual([])
      }),
    )
  })

  afterEach(async () => {
    expect((await child.health()).faults).toEqual([])
    const whole = await ask(port(), pathFor('track1'))
    expect(whole.body.equals(TRACK)).toBe(true)
  })

  function port(): number {
    return child.ports[index] ?? 0
  }
})

async function assertAlways<T>(property: fc.IAsyncProperty<T>): Promise<void> {
  // The limit is for finding the simplest request that hangs, each of which takes all our patience.
  await fc.assert(property, { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 30_000 + RUNS * 50 })
}

// What is sent

interface Question {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly (readonly [string, string])[]
  readonly framing: 'none' | 'length' | 'chunked'
  readonly body: string
}

/** Ends each conversation, so that an answer too long or too short spoils the next. */
const SENTINEL: Question = {
  method: 'GET',
  target: '/stream/track1?expires=1&sig=2',
  version: '1.1',
  fields: [['Connection', 'close']],
  framing: 'none',
  body: '',
}

/** The answers to `questions` on one connection, each beside its question, up to the one that closes it. */
async function converse(
  port: number,
  questions: readonly Question[],
  isPipelined: boolean,
): Promise<readonly (readonly [Question, WholeAnswer])[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  try {
    const reader = new AnswerReader(socket, PATIENCE)
    const all = [...questions, SENTINEL]
    // What follows a request to close the connection, or to upgrade it, is no request any more.
    if (isPipelined) all.splice(all.findIndex(isLast) + 1)
    if (isPipelined) socket.write(Buffer.concat(all.map(serialize)))
    const answered: [Question, WholeAnswer][] = []
    for (const question of all) {
      if (!isPipelined) socket.write(serialize(question))
      const answer = await reader.answer(question.method)
      if (answer === undefined) throw new Error(`The connection ended without an answer: ${reader.end}`)
      answered.push([question, answer])
      if (answer.fields.get('connection') === 'close') break
    }
    socket.end()
    expect((await reader.rest()).toString('latin1')).toBe('')
    return answered
  } finally {
    socket.destroy()
  }
}

const LAST = new Set(['Connection: close', 'Upgrade: websocket'])

function isLast({ version, fields }: Question): boolean {
  return version === '1.0' || fields.some(field => LAST.has(field.join(': ')))
}

/** All that is answered to `data` and the end of the connection. */
async function exchange(port: number, data: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.end(data, 'latin1')
    return (await new AnswerReader(socket, PATIENCE).rest()).toString('latin1')
  } finally {
    socket.destroy()
  }
}

function serialize({ method, target, version, fields, framing, body }: Question): Buffer {
  const lines = [`${method} ${target} HTTP/${version}`, 'Host: localhost']
  for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  if (framing === 'length') lines.push(`Content-Length: ${body.length}`)
  if (framing === 'chunked') lines.push('Transfer-Encoding: chunked')
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`
  const content = { none: '', length: body, chunked: `${chunk}0\r\n\r\n` }[framing]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`, 'latin1')
}

/** What is sent for `question`, with characters cut out at places between 0 and 1, and others put in. */
function damage(question: Question, cuts: readonly (readonly [number, number, string])[]): string {
  let damaged = serialize(question).toString('latin1')
  for (const [place, removed, added] of cuts) {
    const at = Math.floor(place * damaged.length)
    damaged = damaged.slice(0, at) + added + damaged.slice(at + removed)
  }
  return damaged
}

// What is due

/** Statuses that tell of a track. */
const TELLING = new Set([200, 206, 304, 412, 416])

const TEXTS: Readonly<Record<number, string>> = {
  400: 'Identifiant invalide',
  403: 'Signature invalide',
  404: 'Fichier non trouvé',
  405: 'Méthode non autorisée',
  412: 'Précondition non remplie',
  416: 'Plage non satisfaisable',
}

/** @throws where `answer` is none that `question` may get */
function judge(question: Question, answer: WholeAnswer): void {
  const { status, fields, text } = answer
  const grant = grantOf(question.target)
  const presented = question.target.match(/[0-9a-f]{16,}/gi) ?? []

  expect(fields.has('x-injected')).toBe(false)
  expect(presented.filter(sig => text.includes(sig))).toEqual([])
  expect(dueStatuses(question, grant)).toContain(status)
  if (TELLING.has(status) && status < 400) {
    judgeServed(question.method, answer, grant.id)
    return
  }

  const body = decoded(answer)
  const size = CONTENT.get(grant.id)?.length
  expect(presented.filter(sig => body.includes(sig))).toEqual([])
  expect(['etag', 'last-modified', 'accept-ranges'].filter(name => fields.has(name))).toEqual([])
  expect(fields.get('content-range')).toBe(status === 416 ? `bytes */${size}` : undefined)
  expect(fields.get('allow')).toBe(status === 405 ? 'GET, HEAD' : undefined)
  if (status === 204) return
  expect(fields.get('cache-control')).toBe('no-store')
  if (question.method === 'HEAD') return
  const isJson = fields.get('content-type')?.includes('json') === true
  const title = isJson ? (JSON.parse(body) as { title: string }).title : body
  const isExpired = status === 403 && grant.kind === 'expired'
  expect(title).toBe(isExpired ? 'Signature expirée' : TEXTS[status])
}

/** Nothing but the method, the signature and the conditions that were set decides what the status may be. */
function dueStatuses({ method, fields }: Question, { kind, id }: Grant): readonly number[] {
  const names = new Set(fields.map(([name]) => name.toLowerCase()))
  if (method === 'OPTIONS' && names.has('origin') && names.has('access-control-request-method')) return [204]
  if (method !== 'GET' && method !== 'HEAD') return [405]
  if (kind === 'nonsense') return [400]
  if (kind !== 'open') return [403]
  if (!CONTENT.has(id)) return [404]
  const statuses = [200]
  if (names.has('if-match') || names.has('if-unmodified-since')) statuses.push(412)
  if (names.has('if-none-match') || names.has('if-modified-since')) statuses.push(304)
  if (names.has('range') && method === 'GET') statuses.push(206, 416)
  return statuses
}

/** A 200, 206 or 304 holds the bytes of the file that it says it holds. */
function judgeServed(method: string, { status, fields, body }: WholeAnswer, id: string): void {
  const content = CONTENT.get(id) ?? Buffer.alloc(0)
  const type = fields.get('content-type') ?? ''
  const contentRange = fields.get('content-range')
  expect(fields.get('etag')).toBe(ETAGS.get(id))
  expect(fields.has('content-encoding') || fields.has('transfer-encoding')).toBe(false)
  if (status === 200) expect(fields.get('content-length')).toBe(String(content.length))
  if (status !== 206) {
    expect([type, contentRange]).toEqual([status === 200 ? 'audio/mpeg' : '', undefined])
    expect(body.equals(status === 200 && method === 'GET' ? content : Buffer.alloc(0))).toBe(true)
  } else if (contentRange !== undefined) {
    expect(type).toBe('audio/mpeg')
    expect(body.equals(claimed(content, contentRange))).toBe(true)
  } else {
    const parts = parseParts(type, body)
    expect(parts.length).toBeGreaterThan(1)
    expect(body.length).toBeLessThanOrEqual(content.length)
    for (const part of parts) {
      expect(part.fields.get('content-type')).toBe('audio/mpeg')
      expect(part.body.equals(claimed(content, part.fields.get('content-range')))).toBe(true)
    }
  }
}

/** The bytes that a `Content-Range` stands for. */
function claimed(content: Buffer, contentRange: string | undefined): Buffer {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? []
  expect(Number(size)).toBe(content.length)
  expect(Number(last)).toBeLessThan(content.length)
  expect(Number(first)).toBeLessThanOrEqual(Number(last))
  return content.subarray(Number(first), Number(last) + 1)
}

function decoded({ fields, body }: WholeAnswer): string {
  const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync }
  const encoding = fields.get('content-encoding') as keyof typeof decoders | undefined
  return (encoding === undefined || body.length === 0 ? body : decoders[encoding](body)).toString()
}

function withoutDate(answer: WholeAnswer | undefined): string {
  return `${answer?.text.replace(/^Date: .*$/im, '')}\r\n\r\n${answer?.body.toString('latin1')}`
}

interface Grant {
  /** What a target is good for: a track, a link of the past, nothing, or it names no track at all. */
  readonly kind: 'open' | 'expired' | 'forged' | 'nonsense'
  readonly id: string
}

/** A second opinion on a target, by the URL standard's own parser. */
function grantOf(target: string): Grant {
  const [, path = '', query = ''] = /\/stream\/+([^?#]*)(?:\?([^#]*))?/i.exec(target) ?? []
  const id = percentDecoded(path)
  if (!/^[\p{Alphabetic}\p{M}\p{N}_-]{1,512}$/u.test(id)) return { kind: 'nonsense', id }
  // A form reads + as a space; we do not.
  const parameters = [...new URL(`http://localhost/?${query.replaceAll('+', '%2B')}`).searchParams]
  const reserved = parameters.filter(([name]) => isReserved(name)).sort()
  const [expires = '', sig = ''] = reserved.map(([, value]) => value)
  const names = reserved.map(([name]) => name).join()
  const isForged =
    names !== 'expires,sig' || !/^(?:0|[1-9]\d{0,15})$/.test(expires) || sig !== sign(`${id}|${expires}`)
  if (isForged || query.split('&').length > 1000) return { kind: 'forged', id }
  return { kind: Number(expires) < Date.now() / 1000 ? 'expired' : 'open', id }
}

function isReserved(name: string): boolean {
  return /^(?:expires|sig)(?:\[|$)/.test(name)
}

/** As it is where it does not decode. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function sign(text: string, key = SECRET): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

// What is made up: targets

const INJECTION = '%0d%0aX-Injected:%20yes'

/** Text put together of pieces, which stand between spaces here, and of spaces. */
function pieced(pieces: string, ...more: readonly string[]): Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...pieces.split(' '), ...more), maxLength: 12 })
}

/** What may stand in a target between `&` and `#`; beyond ASCII, Node refuses it. */
function parameterText(): Arbitrary<string> {
  return pieced(
    `a 0 sig expires Sig utm_source __proto__ [ ] = ? / .. \\ | % %zz %00 %ff %26 %23 + ; " < { ~ ${INJECTION}`,
  )
}

/** `text` with some of its characters percent-encoded; all that cannot stand in a target are. */
function encoded(text: string): Arbitrary<string> {
  const mask = fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length })
  const masked = mask.map(bits =>
    Array.from(text, (character, at) => {
      const isMasked = bits[at] === true && character < '\x80'
      return isMasked ? `%${character.charCodeAt(0).toString(16)}` : encodeURIComponent(character)
    }).join(''),
  )
  return fc.oneof(fc.constant(encodeURIComponent(text)), masked)
}

/** Seconds, and so far ahead that a seed gives the same targets tomorrow. */
function future(): Arbitrary<number> {
  return fc.integer({ min: 4_102_444_800, max: Number.MAX_SAFE_INTEGER })
}

/** Targets that open what they name, be it there or not, whatever else stands in them. */
function openTarget(): Arbitrary<string> {
  const ids = ['track1', 'track1', ...TWINS.flatMap(([kept, missing]) => [kept, kept, missing])]
  const foreign = parameterText().filter(text => !isReserved(percentDecoded(text.split('=')[0] ?? '')))
  const extras = fc.array(foreign, { maxLength: 3 })
  const prefix = fc.constantFrom('', '', '', 'http://other.example')
  const suffix = fc.constantFrom('', '', '', '&', '#', '#?sig=0')
  return fc.tuple(fc.constantFrom(...ids), future()).chain(([id, expires]) => {
    const signed = ['expires', String(expires), 'sig', sign(`${id}|${expires}`)].map(encoded)
    return fc
      .tuple(prefix, encoded(id), fc.tuple(...signed), extras, extras, fc.boolean(), suffix)
      .map(([start, path, [name, value, sigName, sig], before, between, isSwapped, end]) => {
        const pair = [`${name}=${value}`, `${sigName}=${sig}`]
        const [first = '', second = ''] = isSwapped ? pair.reverse() : pair
        return `${start}/stream/${path}?${[...before, first, ...between, second].join('&')}${end}`
      })
  })
}

function anyTarget(): Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: openTarget() },
    forgedTwins().map(([kept]) => kept),
  )
}

/** How a link is spoilt. */
type Forgery = (id: string, expires: number) => string

/** Pairs of targets that open nothing, alike but for the id: of a track, and of none. */
function forgedTwins(): Arbitrary<readonly [string, string]> {
  return fc
    .tuple(fc.constantFrom(...TWINS), future(), forgery())
    .map(([[kept, missing], expires, forge]) => [forge(kept, expires), forge(missing, expires)] as const)
    .filter(pair => pair.every(target => grantOf(target).kind !== 'open'))
}

function forgery(): Arbitrary<Forgery> {
  const digits = fc.constantFrom(...Array.from('0123456789abcdef'))
  const anyText = fc.oneof(
    parameterText(),
    fc.string({ unit: digits, maxLength: 80 }),
    fc.string({ unit: digits, minLength: 64, maxLength: 64 }),
  )
  const reserved = fc.constantFrom('sig', 'expires', '%73ig', 'sig[]', 'sig%5B%5D', 'expires[', 'sig[a]')
  const slip = fc.tuple(fc.nat(90), fc.nat(2), fc.oneof(parameterText(), fc.constantFrom('&', '#', '&&')))

  return fc.oneof(
    fc.constantFrom(...FORGERIES),
    fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 15 })).map(([at, change]) => misspelt(at, change)),
    anyText.map(text => spoilt(() => text)),
    parameterText().map(text => spoilt(sig => sig + text)),
    parameterText().map(text => spoilt(sig => text + sig)),
    fc.tuple(reserved, anyText).map(([name, text]) => spoilt(sig => `${sig}&${name}=${text}`)),
    fc.oneof(fc.constantFrom(...ODD_TIMES), parameterText()).map(signedTime),
    fc.nat(1_600_000_000).map(past => signedTime(String(past))),
    fc
      .tuple(fc.constantFrom(...TWISTS), fc.boolean())
      .map(([text, isInFront]) => signedPath(text, isInFront)),
    slip.map(([at, removed, added]) => mistyped(at, removed, added)),
  )
}

function link(id: string, expires: string | number, sig: string): string {
  return `/stream/${encodeURIComponent(id)}?expires=${expires}&sig=${sig}`
}

/** A signature that is not quite the right one. */
function spoilt(spoil: (sig: string) => string): Forgery {
  return (id, expires) => link(id, expires, spoil(sign(`${id}|${expires}`)))
}

function misspelt(at: number, change: number): Forgery {
  return spoilt(sig => {
    const digit = (parseInt(sig[at] ?? '', 16) ^ change).toString(16)
    return sig.slice(0, at) + digit + sig.slice(at + 1)
  })
}

/** A slip of the pen anywhere in the query. */
function mistyped(at: number, removed: number, added: string): Forgery {
  return (id, expires) => {
    const [path = '', query = ''] = link(id, expires, sign(`${id}|${expires}`)).split('?')
    return `${path}?${query.slice(0, at)}${added}${query.slice(at + removed)}`
  }
}

/** Rightly signed, for a time that is past or none at all. */
function signedTime(time: string): Forgery {
  return id => link(id, time, sign(`${id}|${percentDecoded(time)}`))
}

/** Rightly signed, for an id that is none. */
function signedPath(twist: string, isInFront: boolean): Forgery {
  return (id, expires) => {
    const path = isInFront ? twist + encodeURIComponent(id) : encodeURIComponent(id) + twist
    return `/stream/${path}?expires=${expires}&sig=${sign(`${percentDecoded(path)}|${expires}`)}`
  }
}

/** The signature of something else, or by another key. */
function missigned(text: (id: string, expires: number) => string, key = SECRET): Forgery {
  return (id, expires) => link(id, expires, sign(text(id, expires), key))
}

/** Without a part of it. */
function without(part: RegExp): Forgery {
  return (id, expires) => link(id, expires, sign(`${id}|${expires}`)).replace(part, '')
}

const FORGERIES: readonly Forgery[] = [
  spoilt(sig => sig.toUpperCase()),
  spoilt(sig => sig.slice(1)),
  spoilt(sig => sig.slice(0, 32)),
  spoilt(sig => `0x${sig}`),
  spoilt(sig => Buffer.from(sig, 'hex').toString('base64url')),
  spoilt(sig => sig.replace(/\d/, digit => encodeURIComponent(String.fromCharCode(0xff10 + Number(digit))))),
  spoilt(sig => sig + '&'.repeat(1000)),
  ...['', 'undefined', SECRET.slice(1), `${SECRET}\n`].map(key => missigned((id, at) => `${id}|${at}`, key)),
  missigned((id, expires) => `${id}|${expires - 1}`),
  missigned((id, expires) => `${id}x|${expires}`),
  missigned((id, expires) => `${id.slice(0, -1)}|${expires}`),
  missigned((id, expires) => `${id}${expires}`),
  ...[/expires=\d*&/, /&sig=\w*/, /\?.*/, /(?<=sig=).*/, /(?<=expires=)\d*/, /=/].map(without),
]

const ODD_TIMES = [
  ...['1e10', '0x77359400', '01999999999', '%201999999999', '1999999999%0A', '-1', '+1999999999', '1|2'],
  ...['1999999999.0', '9007199254740993', '18446744073709551615', 'Infinity', 'null', '%D9%A1%D9%A9'],
]

const TWISTS = [
  ...['%00', '.mp3', '%2F', '%5c', '%20', '+', '%7C1', '::$DATA', INJECTION, '%zz', '%c0%ae', '%cc%81'],
  ...['..%2f..%2f', '%2e%2e%2f', 'z'.repeat(512)],
]

// What is made up: the rest of a request

function request(target: Arbitrary<string>): Arbitrary<Question> {
  // Node ends the connection of a CONNECT that nobody listens for.
  const anyMethod = fc.constantFrom(...METHODS.filter(method => method !== 'CONNECT'))
  return fc
    .record({
      method: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('GET', 'GET', 'HEAD', 'GET') }, anyMethod),
      target,
      version: fc.constantFrom(...Array<'1.1'>(9).fill('1.1'), '1.0' as const),
      fields: fc
        .tuple(fc.option(ranges()), fc.array(field(), { maxLength: 4 }))
        .map(([range, others]) => (range === null ? others : [['Range', range] as const, ...others])),
      framing: fc.constantFrom(...Array<'none'>(6).fill('none'), 'length' as const, 'chunked' as const),
      body: fc.constantFrom('', 'hello', 'GET /stream/track1 HTTP/1.1\r\n\r\n'),
    })
    .map(question => (question.version === '1.0' ? { ...question, framing: 'none' } : question))
}

/** The same request for another track, to whoever trusts a query because it was right before. */
function borrow(question: Question, id: string): Question {
  return { ...question, target: question.target.replace(/(?<=\/stream\/)[^?#]*/, id) }
}

/** One field; the same name may well come twice. */
function field(): Arbitrary<readonly [string, string]> {
  const anyText = fieldText()
  function named(weight: number, name: string, ...values: readonly (Arbitrary<string> | string)[]) {
    const likely = values.map(value => (typeof value === 'string' ? fc.constant(value) : value))
    return { weight, arbitrary: fc.tuple(fc.mixedCase(fc.constant(name)), fc.oneof(...likely, anyText)) }
  }
  const connection = [
    'Connection: close',
    'Connection: keep-alive',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ]
  return fc.oneof(
    named(1, 'Range', ranges()),
    named(2, 'If-Match', tags(), tags()),
    named(2, 'If-None-Match', tags(), tags()),
    named(2, 'If-Modified-Since', date(), date()),
    named(2, 'If-Unmodified-Since', date(), date()),
    named(3, 'If-Range', tags(), tags(), date()),
    named(2, 'Accept', 'application/json', 'audio/*', 'application/problem+json;q=0.9, text/plain;q=0.1'),
    named(2, 'Accept-Encoding', 'gzip', 'br', 'deflate', '*', 'identity;q=0'),
    named(2, 'Origin', 'null', 'https://a.example'),
    named(1, 'Access-Control-Request-Method', 'GET'),
    named(1, 'Access-Control-Request-Headers', 'Range'),
    named(1, 'X-Forwarded-For', '10.0.0.1'),
    named(1, 'X-HTTP-Method-Override', 'GET', 'DELETE'),
    named(1, 'Cookie', 'sig=1; expires=2'),
    fc.constantFrom(...connection, 'Expect: 100-continue').map(line => line.split(': ') as [string, string]),
  )
}

/** What may stand in the value of a field. */
function fieldText(): Arbitrary<string> {
  return pieced(
    `a 0 9 - = , ; : " \\ W/ * / ( < { % q= bytes gzip json GMT null https:// ${INJECTION} \xe9 \x80 \xff`,
    ...[' ', ', ', '\t'],
  )
}

/** Any bytes, and those that mean something to a parser. */
function noise(): Arbitrary<string> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    pieced('\r \n \r\n \r\n\r\n \0 : HTTP/1.1 % ? & # \xff', ' ', 'X-Injected: yes\r\n'),
  )
}

/** Sets of ranges, most of them in order. */
function ranges(): Arbitrary<string> {
  const position = fc.oneof(fc.nat(1100), fc.nat(310_000))
  const mark = fc.oneof(
    fc.nat(20).map(String),
    position.map(String),
    fc.constantFrom('0', '65535', '65536', '69999', '70000', '299999', '300000', '000', '9'.repeat(30)),
  )
  const orderly = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(position, fc.nat(2000)).map(([at, length]) => `${at}-${at + length}`) },
    fc.tuple(position, position).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.nat(1100).map(length => `-${length}`),
  )
  const any = fc.oneof(
    orderly,
    mark.map(first => `${first}-`),
    fc.tuple(mark, mark).map(marks => marks.join('-')),
    fc.constantFrom('', ' ', '-', '0--1', '0x0-1', '1', '+1-2'),
  )
  const oddUnit = fc.constantFrom('BYTES=', 'Bytes=', 'bytes =', 'items=', 'bytes')
  const unit = fc.oneof({ weight: 4, arbitrary: fc.constant('bytes=') }, oddUnit)
  const comma = fc.constantFrom(',', ', ', ' ,\t', ',,')
  const specs = fc.oneof(
    { weight: 3, arbitrary: fc.oneof(orderly, any).map(spec => [spec]) },
    { weight: 3, arbitrary: fc.array(orderly, { minLength: 2, maxLength: 18 }) },
    fc.array(any, { minLength: 2, maxLength: 30 }),
  )
  return fc.tuple(unit, comma, specs).map(([start, separator, all]) => start + all.join(separator))
}

function tags(): Arbitrary<string> {
  const known = fc.constantFrom(...ETAGS.values())
  const tag = fc.oneof(
    known,
    known.map(text => `W/${text}`),
    known.map(text => text.slice(1, -1)),
    fc.constantFrom('*', '""', '"x"', '"a,b"', '"', 'W/', ''),
  )
  return fc.array(tag, { minLength: 1, maxLength: 3 }).map(members => members.join(', '))
}

function date(): Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(LAST_MODIFIED, 'Friday, 02-Jan-26 03:04:05 GMT', 'Fri Jan  2 03:04:05 2026'),
    fc.constantFrom('Fri, 02 Jan 2026 03:04:05 +0000', '0', 'Fri, 31 Feb 2026 24:61:61 GMT', '2026-01-02'),
    fc.date({ noInvalidDate: true }).map(time => time.toUTCString()),
  )
}
