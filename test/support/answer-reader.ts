/** Reads responses off a connection as a strict client does: each must end exactly at the length that its head gives. */
import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'

export interface AnswerHead {
  readonly status: number
  /** By lower-case name; repeated fields are joined by `, `. */
  readonly fields: ReadonlyMap<string, string>
  /** As received, without the empty line that ends it. */
  readonly text: string
}

export interface WholeAnswer extends AnswerHead {
  readonly body: Buffer
}

/** The connection closed inside a response, as it should if the server cannot keep what it promised. */
export class CutShort extends Error {}

/** Codes of errors when either side has disconnected: an end like any other. */
const ENDS = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/
const FIELD_LINE = /^([\w!#$%&'*+.^`|~-]+): ([\t\x20-\x7e\x80-\xff]*)$/
const HEAD_END = '\r\n\r\n'
const LONGEST_HEAD = 65_536

export class AnswerReader {
  readonly #chunks: AsyncIterator<Buffer>
  #pending: Buffer = Buffer.alloc(0)
  #end = 'open'
  #heardAt = performance.now()
  #longestPause = 0

  /** @param patience milliseconds without a byte after which the server hangs */
  constructor(socket: Socket, patience: number) {
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    // The iterator rejects with it.
    socket.on('error', () => undefined)
    socket.setTimeout(patience, () => {
      socket.destroy(new Error(`The server hangs: nothing came for ${patience} ms`))
    })
  }

  /** How the connection ended: `open`, `FIN`, or the code of an error in `ENDS`. */
  get end(): string {
    return this.#end
  }

  /** Milliseconds that passed between two pieces of a response, whichever side was late. */
  get longestPause(): number {
    return this.#longestPause
  }

  /** The next head that is not an interim one; undefined if the connection ends before it. */
  async head(): Promise<AnswerHead | undefined> {
    this.#heardAt = performance.now()
    this.#longestPause = 0
    let end: number
    while ((end = this.#pending.indexOf(HEAD_END)) < 0) {
      if (this.#pending.length > LONGEST_HEAD) throw new Error('The head of an answer does not end')
      if (await this.#pull()) continue
      if (this.#pending.length > 0) throw new CutShort('The connection ended inside a head')
      return undefined
    }
    const head = parseHead(this.#pending.toString('latin1', 0, end))
    this.#pending = this.#pending.subarray(end + HEAD_END.length)
    return head.status < 200 ? this.head() : head
  }

  /**
   * The bytes of the body, as they come.
   *
   * @param method of the request, since a response to HEAD has none
   * @throws CutShort if the connection ends too early
   */
  async *body(method: string, { status, fields }: AnswerHead): AsyncGenerator<Buffer, void, undefined> {
    if (method === 'HEAD' || status === 204 || status === 304) return
    const length = fields.get('content-length')
    if (fields.get('transfer-encoding') === 'chunked') {
      yield* this.#chunkedBody()
    } else if (length !== undefined) {
      if (!/^\d+$/.test(length)) throw new Error(`Not a length: ${length}`)
      yield* this.#exactly(Number(length))
    } else {
      yield this.#pending
      this.#pending = Buffer.alloc(0)
      while (await this.#pull()) {
        yield this.#pending
        this.#pending = Buffer.alloc(0)
      }
    }
  }

  /** The next response as a whole; undefined if the connection ends before it. */
  async answer(method: string): Promise<WholeAnswer | undefined> {
    const head = await this.head()
    if (head === undefined) return undefined
    const pieces: Buffer[] = []
    for await (const piece of this.body(method, head)) pieces.push(piece)
    return { ...head, body: Buffer.concat(pieces) }
  }

  /** All that comes until the connection ends. */
  async rest(): Promise<Buffer> {
    const pieces = [this.#pending]
    for (this.#pending = Buffer.alloc(0); await this.#pull(); this.#pending = Buffer.alloc(0)) {
      pieces.push(this.#pending)
    }
    return Buffer.concat(pieces)
  }

  async *#chunkedBody(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const size = await this.#line()
      if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`Not the size of a chunk: ${size}`)
      yield* this.#exactly(parseInt(size, 16))
      if ((await this.#line()) !== '') throw new Error('A chunk is longer than it says')
      if (parseInt(size, 16) === 0) return
    }
  }

  async *#exactly(length: number): AsyncGenerator<Buffer, void, undefined> {
    let missing = length
    while (missing > 0) {
      if (this.#pending.length === 0 && !(await this.#pull())) {
        throw new CutShort(`The connection ended ${missing} bytes too early`)
      }
      const piece = this.#pending.subarray(0, missing)
      this.#pending = this.#pending.subarray(piece.length)
      missing -= piece.length
      yield piece
    }
  }

  async #line(): Promise<string> {
    let end: number
    while ((end = this.#pending.indexOf('\r\n')) < 0) {
      if (!(await this.#pull())) throw new CutShort('The connection ended inside a chunk')
    }
    const line = this.#pending.toString('latin1', 0, end)
    this.#pending = this.#pending.subarray(end + 2)
    return line
  }

  /** @returns false at the end of the connection */
  async #pull(): Promise<boolean> {
    try {
      const next = await this.#chunks.next()
      const now = performance.now()
      this.#longestPause = Math.max(this.#longestPause, now - this.#heardAt)
      this.#heardAt = now
      if (next.done === true) {
        this.#end = 'FIN'
        return false
      }
      const { value } = next
      this.#pending = this.#pending.length === 0 ? value : Buffer.concat([this.#pending, value])
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!ENDS.has(String(code))) throw error
      this.#end = String(code)
      return false
    }
  }
}

function parseHead(text: string): AnswerHead {
  const [statusLine = '', ...lines] = text.split('\r\n')
  const status = STATUS_LINE.exec(statusLine)?.[1]
  if (status === undefined) throw new Error(`Not an answer: ${text.slice(0, 200)}`)
  const fields = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`Not a field: ${line}`)
    const former = fields.get(name.toLowerCase())
    fields.set(name.toLowerCase(), former === undefined ? value : `${former}, ${value}`)
  }
  return { status: Number(status), fields, text }
}

/** One part of a `multipart/byteranges` body. */
export interface Part {
  readonly fields: ReadonlyMap<string, string>
  readonly body: Buffer
}

/**
 * The parts of a body, by the boundary that its media type names (RFC 2046, section 5.1.1).
 *
 * @throws if there is anything before, between or after the parts
 */
export function parseParts(contentType: string, body: Buffer): Part[] {
  const boundary = /^multipart\/byteranges; boundary=(\w{1,70})$/.exec(contentType)?.[1]
  if (boundary === undefined) throw new Error(`Not byte ranges: ${contentType}`)
  const delimiter = `\r\n--${boundary}`
  const parts: Part[] = []
  let rest = body
  for (;;) {
    if (rest.indexOf(delimiter) !== 0) throw new Error('A part does not begin with the boundary')
    rest = rest.subarray(delimiter.length)
    if (rest.toString('latin1') === '--\r\n') return parts
    const headEnd = rest.indexOf(HEAD_END)
    const end = rest.indexOf(delimiter, headEnd)
    if (headEnd < 0 || end < 0) throw new Error('A part does not end')
    const { fields } = parseHead(`HTTP/1.1 206 ${rest.toString('latin1', 0, headEnd)}`)
    parts.push({ fields, body: rest.subarray(headEnd + HEAD_END.length, end) })
    rest = rest.subarray(end)
  }
}
