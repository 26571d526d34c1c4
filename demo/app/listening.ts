/**
 * Who listens, and the ways to end that: for the page alone. No response has fields for other origins, and what changes
 * something takes JSON, which browsers send to another origin only if that allows it.
 */
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { RevocationListFull, type ActiveStream, type RevocationTarget } from 'express-signed-stream'
import type { Listeners } from './listeners'
import { maskAddress } from './mask-address'
import type { RecentStream } from './recent-streams'

/** Bytes of a request: a link has at most some 2000. */
const MAX_BODY = 4096

/** Redis, or the disk with the file of revocations, does not respond. */
const HOLDS_HERE = 'It is revoked on this instance; the server tries again to save or share it'

const TARGETS = ['link', 'listener'] as const

export function createListening(listeners: Listeners): Router {
  const listening = express.Router()
  const readBody = express.json({ limit: MAX_BODY, inflate: false })

  listening.get('/streams', async (_req, res) => {
    const { streams, ended, ...others } = await listeners.list()
    res.json({ ...others, streams: streams.map(shown), ended: ended.map(shownEnd) })
  })

  listening.post('/streams/end', readBody, async (req, res) => {
    const { id } = fieldsOf(req.body)
    if (typeof id !== 'string') {
      res.status(400).json({ error: 'Send {"id": "…"}, the id of a stream, as application/json' })
      return
    }
    const hasEnded = await listeners.end(id)
    if (hasEnded === true) res.json({ ended: true })
    else if (hasEnded === undefined)
      res.status(503).json({ error: 'A worker does not respond: it may have the stream' })
    else res.status(404).json({ error: 'No such stream: it has ended' })
  })

  listening.post('/revoke', readBody, async (req, res) => {
    const target = readTarget(fieldsOf(req.body))
    if (target === undefined) {
      res.status(400).json({ error: 'Send {"link": "…"} or {"listener": "…"} as application/json' })
      return
    }
    try {
      res.json(await listeners.revoke(target))
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) {
        res.status(400).json({ error: error.message.replace(/^Cannot revoke: /, '') })
      } else if (error instanceof RevocationListFull) {
        res.status(503).json({ error: 'The list of revocations is full' })
      } else {
        res.status(503).json({ error: HOLDS_HERE })
      }
    }
  })

  listening.use(refuseBody)
  return listening
}

function shown({ id, track, listener, clientIp, range, startedAt, bytesSent }: ActiveStream): object {
  return { id, track, listener, client: maskAddress(clientIp), range, startedAt, bytesSent }
}

function shownEnd({ endedAt, event }: RecentStream): object {
  const { id, listener, clientIp, contentRange, bytesSent, outcome } = event
  return {
    track: id,
    listener,
    client: maskAddress(clientIp),
    range: contentRange,
    endedAt,
    bytesSent,
    outcome,
  }
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
}

/** Exactly one, and nothing else: a name that is not understood must not be left out of account. */
function readTarget(fields: Record<string, unknown>): RevocationTarget | undefined {
  const [[name, value] = [], ...others] = Object.entries(fields)
  const kind = TARGETS.find(each => each === name)
  if (kind === undefined || typeof value !== 'string' || value === '' || others.length > 0) return undefined
  return kind === 'link' ? { link: value } : { listener: value }
}

/** Of `express.json`: what is too long, or no JSON. */
function refuseBody(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  const { status } = Object(error) as { status?: unknown }
  if (typeof status !== 'number' || status >= 500) next(error)
  else if (status === 413) res.status(413).json({ error: `The body must have at most ${MAX_BODY} bytes` })
  else res.status(status).json({ error: 'The body must be JSON' })
}
