/** `/healthz`: the process answers. `/readyz`: it should be given listeners, too. */
import { opendir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Traffic } from './traffic'

/** Answers where the request is one about health. */
export type Health = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** Milliseconds after which a directory that does not answer, on a mount that hangs, counts as unreadable. */
const PATIENCE = 2000

export function createHealth(directory: string, traffic: Traffic): Health {
  let probe: Promise<boolean> | undefined

  /** One at a time: each that hangs holds a thread. */
  function isReadable(): Promise<boolean> {
    probe ??= canList(directory).finally(() => {
      probe = undefined
    })
    return probe
  }

  async function problem(): Promise<string | undefined> {
    if (traffic.phase !== 'serving') return 'draining'
    const isReady = await within(PATIENCE, isReadable())
    return isReady ? undefined : 'tracks cannot be read'
  }

  return function health(req, res, next) {
    const path = req.url?.split('?', 1)[0]
    const isRead = req.method === 'GET' || req.method === 'HEAD'
    if (isRead && path === '/healthz') {
      answer(res, 200, 'ok')
    } else if (isRead && path === '/readyz') {
      void problem().then(text => {
        answer(res, text === undefined ? 200 : 503, text ?? 'ready')
      })
    } else {
      next()
    }
  }
}

function answer(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  res.end(`${text}\n`)
}

async function canList(directory: string): Promise<boolean> {
  try {
    const listing = await opendir(directory)
    await listing.read()
    await listing.close()
    return true
  } catch {
    return false
  }
}

async function within(milliseconds: number, answered: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  try {
    return await Promise.race([answered, late])
  } finally {
    clearTimeout(timer)
  }
}
