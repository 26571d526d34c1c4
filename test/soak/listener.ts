/** A listener: seeks on a few connections, and leaves them in the ways in which people and players do. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { pathFor } from '../support/tracks'
import { AnswerReader, CutShort, parseParts, type AnswerHead } from '../support/answer-reader'
import type { ChangingTrack, Witness } from './changing-tracks'

/** Milliseconds without a byte after which the server hangs. */
const PATIENCE = 60_000
const LINK_EXPIRES = 4_102_444_800

/** How often each thing happened. */
export class Tally {
  readonly counts = new Map<string, number>()

  add(what: string, count = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + count)
  }
}

export interface Scene {
  readonly port: number
  readonly tracks: readonly ChangingTrack[]
  /** Larger than what both ends of a socket buffer, so that the server is still writing when a listener leaves. */
  readonly longTrack: ChangingTrack
  /** Milliseconds after which the server closes the connection of a client that takes nothing. */
  readonly stallTimeout: number
  readonly mayStandStill: boolean
  /** Milliseconds between two moves, on average. */
  readonly pace: number
  readonly tally: Tally
  readonly isOver: () => boolean
}

type Span = readonly [first: number, last: number]

interface Asked {
  readonly track: ChangingTrack
  readonly method: 'GET' | 'HEAD'
  readonly spans: readonly Span[]
  readonly condition?: { readonly name: 'If-Range' | 'If-None-Match'; readonly etag: string } | undefined
  readonly isForged?: boolean
}

/** Whether to take more of a body; called after each piece. */
type Manner = (received: number) => Promise<boolean>

function toTheEnd(): Promise<boolean> {
  return Promise.resolve(true)
}

/** Comes, moves about until it is over, and goes. */
export async function listen(scene: Scene): Promise<void> {
  const etags = new Map<ChangingTrack, string>()
  await pause(scene.pace)
  while (!scene.isOver()) {
    const visit = new Visit(scene, etags)
    try {
      while (!scene.isOver() && (await visit.move())) await pause(scene.pace)
    } finally {
      visit.leave()
    }
  }
}

/** One connection. */
class Visit {
  readonly #scene: Scene
  readonly #etags: Map<ChangingTrack, string>
  readonly #socket: Socket
  readonly #reader: AnswerReader

  constructor(scene: Scene, etags: Map<ChangingTrack, string>) {
    this.#scene = scene
    this.#etags = etags
    this.#socket = connect({ port: scene.port, host: '127.0.0.1', noDelay: true })
    this.#reader = new AnswerReader(this.#socket, PATIENCE)
    scene.tally.add('connections')
  }

  leave(): void {
    this.#socket.destroy()
  }

  /** @returns whether the connection goes on */
  async move(): Promise<boolean> {
    const { tracks, longTrack, mayStandStill } = this.#scene
    const track = oneOf(tracks)
    const whole: Asked = { track, method: 'GET', spans: [] }
    const seek: Asked = { ...whole, spans: [spanOf(track)] }
    const tail: Asked = { ...whole, spans: [[spanOf(track)[0], Infinity]] }
    const several: Asked = { ...whole, spans: [spanOf(track), spanOf(track), spanOf(track)] }
    const forged: Asked = { ...seek, isForged: true }
    const long: Asked = { ...whole, track: longTrack }
    const longParts: Asked = { ...long, spans: [longSpanOf(longTrack), longSpanOf(longTrack)] }

    const dice = Math.random() * 100
    if (dice < 34) return this.#ask(seek)
    if (dice < 44) return this.#ask(tail)
    if (dice < 52) return this.#ask(several)
    if (dice < 60) return this.#ask(this.#conditional(track))
    if (dice < 64) return this.#ask(forged)
    if (dice < 66) return this.#ask({ ...whole, method: 'HEAD' })
    if (dice < 69) return this.#ask(tail, restless())
    if (dice < 72) return this.#ask(whole, pauseOnce())
    if (dice < 79) return this.#ask(oneOf([seek, tail, long, long]), leaveAfter(1))
    if (dice < 84) return this.#ask(oneOf([several, longParts]), leaveAfter(1))
    if (dice < 88) return this.#ask(oneOf([tail, long]), leavePaused)
    if (dice < 93) return this.#pipeline([seek, this.#conditional(track), several, forged])
    if (dice < 99.6 || !mayStandStill) return this.#leaveBeforeHead(oneOf([seek, tail, several, long]))
    return this.#standStill(long)
  }

  async #ask(asked: Asked, manner: Manner = toTheEnd): Promise<boolean> {
    this.#send(asked)
    return this.#hear(asked, manner)
  }

  async #pipeline(all: readonly Asked[]): Promise<boolean> {
    const heard = Math.random() < 0.7 ? all : all.slice(0, 1)
    this.#send(...all)
    for (const asked of heard) if (!(await this.#hear(asked, toTheEnd))) return false
    return heard === all
  }

  async #leaveBeforeHead(asked: Asked): Promise<boolean> {
    const { tally } = this.#scene
    if (this.#socket.connecting && Math.random() < 0.7) await once(this.#socket, 'connect')
    const text = requestText(asked)
    const isWhole = Math.random() < 0.8
    this.#socket.write(isWhole ? text : text.slice(0, Math.random() * text.length))
    if (isWhole) tally.add('requests')
    if (Math.random() < 0.3) await turn()
    else await sleep(Math.random() * 5)
    tally.add('aborted before the head')
    return false
  }

  /** Reads a piece, and then nothing until the server closes the connection, if the server is not too busy to. */
  async #standStill(asked: Asked): Promise<boolean> {
    const { stallTimeout, tally } = this.#scene
    this.#send(asked)
    const head = await this.#reader.head()
    if (head === undefined) throw new Error('The connection ended without an answer')
    const witness = judgeHead(asked, head)
    let received = 0
    try {
      for await (const piece of this.#reader.body('GET', head)) {
        if (received === 0) await sleep(3 * stallTimeout)
        witness?.hear(piece, received)
        received += piece.length
      }
    } catch (error) {
      if (!(error instanceof CutShort)) throw error
      if (witness?.version === undefined) throw new Error('Wrong bytes before a stall', { cause: error })
      tally.add('cut for standing still')
      return false
    }
    return true
  }

  #conditional(track: ChangingTrack): Asked {
    const etag = this.#etags.get(track)
    const name = oneOf(['If-Range', 'If-None-Match'] as const)
    const spans = name === 'If-Range' ? [spanOf(track)] : []
    return { track, method: 'GET', spans, condition: etag === undefined ? undefined : { name, etag } }
  }

  #send(...all: readonly Asked[]): void {
    this.#socket.write(all.map(requestText).join(''))
    this.#scene.tally.add('requests', all.length)
  }

  /** Takes one response, and checks each byte of it. */
  async #hear(asked: Asked, manner: Manner): Promise<boolean> {
    const { tally } = this.#scene
    const { track, method } = asked
    const head = await this.#reader.head()
    if (head === undefined) throw new Error(`No answer, but ${this.#reader.end}: ${requestText(asked)}`)
    tally.add(`status ${head.status}`)
    const isMultipart = head.fields.get('content-type')?.startsWith('multipart/') === true
    let witness = judgeHead(asked, head)
    const first = firstByte(head)
    const pieces: Buffer[] = []
    let received = 0
    try {
      for await (const piece of this.#reader.body(method, head)) {
        if (isMultipart) pieces.push(piece)
        else witness?.hear(piece, first + received)
        received += piece.length
        if (!track.isWrittenInPlace && witness?.version === undefined && witness !== undefined) break
        if (await manner(received)) continue
        tally.add(isMultipart ? 'aborted in a multipart body' : 'aborted in the body')
        return false
      }
    } catch (error) {
      if (!(error instanceof CutShort)) throw error
      // On a busy machine, a client that is late looks like one that takes nothing.
      if (this.#reader.longestPause > this.#scene.stallTimeout / 2) {
        tally.add('cut for being late')
        return false
      }
      if (!track.isWrittenInPlace) throw error
      tally.add('visibly incomplete')
      return false
    } finally {
      tally.add('bytes', received)
    }
    if (isMultipart) witness = hearParts(asked, head, Buffer.concat(pieces))
    if (witness === undefined || method === 'HEAD') return true
    const { version } = witness
    if (version === undefined) {
      if (!track.isDoubtful) throw new Error(`A mixture of versions: ${track.habit}\n${head.text}`)
      tally.add('written too slowly to judge')
      return true
    }
    const etag = head.fields.get('etag') ?? ''
    track.assertTagged(etag, version)
    this.#etags.set(track, etag)
    tally.add('complete')
    return true
  }
}

/** @returns a witness for the body, if it is one piece of the track */
function judgeHead(asked: Asked, head: AnswerHead): Witness | undefined {
  const { track, spans, condition, isForged = false } = asked
  const { status, fields, text } = head
  function isDue(): boolean {
    const etag = fields.get('etag')
    switch (status) {
      case 200: {
        const size = Number(fields.get('content-length'))
        // Several spans may add up to more than the file.
        const isWholeDue =
          spans.length !== 1 || size === 0 || (condition !== undefined && etag !== condition.etag)
        return isWholeDue && track.mayHaveSize(size)
      }
      case 206:
        return spans.length > 0 && (condition === undefined || etag === condition.etag)
      case 304:
        return condition?.name === 'If-None-Match' && etag === condition.etag
      case 403:
        return isForged
      case 404:
        return track.habit === 'recreated'
      case 416: {
        const size = Number(/^bytes \*\/(\d+)$/.exec(fields.get('content-range') ?? '')?.[1])
        return track.mayHaveSize(size) && spans.every(([first]) => first >= size)
      }
      case 503:
        return track.isWrittenInPlace
      default:
        return false
    }
  }
  if (!isDue() || (isForged && status !== 403)) {
    throw new Error(`Not due to a ${track.habit} track: ${requestText(asked)}${text}`)
  }
  if (status === 200) return track.witness(Number(fields.get('content-length')))
  const contentRange = fields.get('content-range')
  if (status !== 206 || contentRange === undefined) return undefined
  return track.witness(judgeRange(spans, contentRange).size)
}

/** @throws if `contentRange` is none of `spans` */
function judgeRange(spans: readonly Span[], contentRange: string): { first: number; size: number } {
  const [, ...numbers] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange) ?? []
  const [first = NaN, last = NaN, size = NaN] = numbers.map(Number)
  const isAsked = spans.some(([from, to]) => from === first && Math.min(to, size - 1) === last)
  // Spans that touch are joined.
  const isJoined = spans.length > 1 && spans.some(([from]) => from === first)
  if (!isAsked && !isJoined) throw new Error(`Not asked for: ${contentRange}`)
  return { first, size }
}

function hearParts({ track, spans }: Asked, { fields }: AnswerHead, body: Buffer): Witness {
  const parts = parseParts(fields.get('content-type') ?? '', body).map(part => ({
    ...judgeRange(spans, part.fields.get('content-range') ?? ''),
    body: part.body,
  }))
  const [size, ...others] = new Set(parts.map(part => part.size))
  if (size === undefined || others.length > 0) throw new Error('The parts are of files of different sizes')
  const witness = track.witness(size)
  for (const part of parts) witness.hear(part.body, part.first)
  return witness
}

function firstByte({ fields }: AnswerHead): number {
  return Number(/^bytes (\d+)-/.exec(fields.get('content-range') ?? '')?.[1] ?? 0)
}

function requestText({ track, method, spans, condition, isForged = false }: Asked): string {
  const path = isForged ? pathFor('another', LINK_EXPIRES).replace('another', track.id) : linkTo(track)
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost']
  const set = spans.map(([first, last]) => `${first}-${last === Infinity ? '' : last}`).join(',')
  if (set !== '') lines.push(`Range: bytes=${set}`)
  if (condition !== undefined) lines.push(`${condition.name}: ${condition.etag}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

const links = new Map<string, string>()

function linkTo({ id }: ChangingTrack): string {
  const known = links.get(id)
  if (known !== undefined) return known
  const link = pathFor(id, LINK_EXPIRES)
  links.set(id, link)
  return link
}

/** The position that a listener seeks to, and how much a player requests. */
function spanOf({ versions }: ChangingTrack): Span {
  const size = versions[0]?.length ?? 0
  const first = Math.floor(Math.random() * size)
  return [first, first + Math.floor(Math.random() ** 3 * 256 * 1024)]
}

/** Millions of bytes, from somewhere in the first half. */
function longSpanOf({ versions }: ChangingTrack): Span {
  const first = Math.floor((Math.random() * (versions[0]?.length ?? 0)) / 2)
  return [first, first + 10_000_000]
}

function leaveAfter(bytes: number): Manner {
  return received => Promise.resolve(received < bytes)
}

/** A few short pauses, and perhaps the end. */
function restless(): Manner {
  let pauses = 3
  return async function pauseShortly() {
    if (pauses-- > 0) await sleep(Math.random() * 200)
    return Math.random() < 0.95
  }
}

/** A pause in the middle, after which the client disconnects. */
async function leavePaused(received: number): Promise<boolean> {
  if (received < 100_000) return true
  await sleep(Math.random() * 1000)
  return false
}

/** A pause in which a file larger than the buffers of a socket may change. */
function pauseOnce(): Manner {
  let hasPaused = false
  return async function pauseAtFirst() {
    if (!hasPaused) await sleep(Math.random() * 1000)
    return (hasPaused = true)
  }
}

function oneOf<T>(all: readonly T[]): T {
  return all[Math.floor(Math.random() * all.length)] as T
}

async function pause(average: number): Promise<void> {
  await sleep((0.5 + Math.random()) * average)
}
