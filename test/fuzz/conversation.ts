/** The client: sends requests on one connection, and reads exactly as much as each response says. */
import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { AnswerReader, type WholeAnswer } from '../support/answer-reader'
import { serialize, type SentRequest } from './sent-request'

/** Milliseconds of silence after which a server hangs. */
const PATIENCE = 5000

/** Ends each conversation: after a response that is too long or too short, its own is not found. */
const SENTINEL: SentRequest = {
  method: 'GET',
  target: '/stream/track1?expires=1&sig=2',
  version: '1.1',
  fields: [['Connection', 'close']],
  framing: 'none',
  body: '',
}

/** Each of `requests` with its response, on one connection, up to the one that closes it. */
export async function converse(
  port: number,
  requests: readonly SentRequest[],
  isPipelined: boolean,
): Promise<readonly (readonly [SentRequest, WholeAnswer])[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  try {
    const reader = new AnswerReader(socket, PATIENCE)
    const all = [...requests, SENTINEL]
    // What follows a request to close the connection, or to upgrade it, is no request any more.
    if (isPipelined) all.splice(all.findIndex(isLast) + 1)
    if (isPipelined) socket.write(Buffer.concat(all.map(serialize)))
    const exchanged: [SentRequest, WholeAnswer][] = []
    for (const request of all) {
      if (!isPipelined) socket.write(serialize(request))
      const response = await reader.answer(request.method)
      if (response === undefined) throw new Error(`The connection ended without a response: ${reader.end}`)
      exchanged.push([request, response])
      if (response.fields.get('connection') === 'close') break
    }
    socket.end()
    expect((await reader.rest()).toString('latin1')).toBe('')
    return exchanged
  } finally {
    socket.destroy()
  }
}

const LAST = new Set(['Connection: close', 'Upgrade: websocket'])

function isLast({ version, fields }: SentRequest): boolean {
  return version === '1.0' || fields.some(field => LAST.has(field.join(': ')))
}

/** All that comes for `data` until the connection closes. */
export async function exchange(port: number, data: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.end(data, 'latin1')
    return (await new AnswerReader(socket, PATIENCE).rest()).toString('latin1')
  } finally {
    socket.destroy()
  }
}
