/** Reads a stream of events, as EventSource does. */
import { once } from 'node:events'
import { get, type ClientRequest, type IncomingMessage } from 'node:http'

export interface ReadEvent {
  readonly event: string
  readonly data: unknown
}

export interface EventReader {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Waits for it; undefined at the end of the stream. */
  next(): Promise<ReadEvent | undefined>
  leave(): void
}

export async function readEvents(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventReader> {
  const req: ClientRequest = get({ host: '127.0.0.1', port, path, agent: false, headers })
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  const events = parse(res)
  return {
    status: res.statusCode ?? 0,
    headers: res.headers,
    async next() {
      const { value, done } = await events.next()
      return done === true ? undefined : value
    },
    leave() {
      req.destroy()
    },
  }
}

async function* parse(stream: AsyncIterable<Buffer>): AsyncGenerator<ReadEvent, void> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, event] = /^event: (.+)$/m.exec(block) ?? []
      const [, data] = /^data: (.+)$/m.exec(block) ?? []
      // Without an event it is a comment, a sign of life.
      yield { event: event ?? 'comment', data: data === undefined ? undefined : JSON.parse(data) }
    }
  }
}
