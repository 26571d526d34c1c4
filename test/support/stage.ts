/** `createServeTrack` on a real server, with what it reported: nothing else stands between a source and the wire. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { StreamError, streamErrorHandler } from 'express-signed-stream'
import type { StreamCompletionEvent } from '../../src/events'
import type { Observer } from '../../src/pipeline/observer'
import { createServeTrack, type ServeTrackOptions } from '../../src/pipeline/serve-track'
import type { ScriptedSource } from './scripted-source'
import { listen, type RunningServer } from './server'

export interface Stage extends RunningServer {
  readonly source: ScriptedSource
  /** The ids of the requests that were reported. */
  readonly requests: readonly string[]
  readonly refusals: readonly StreamError[]
  readonly completions: readonly StreamCompletionEvent[]
  /** What `fail` was called with that is no refusal. */
  readonly faults: readonly unknown[]
  /** The first completion; resolves once there is one. */
  readonly completion: Promise<StreamCompletionEvent>
}

export interface StageOptions {
  /** Gets the reports in place of the lists of the stage. */
  readonly observer?: Observer
  /** What stands in front, such as another middleware. */
  readonly wrap?: (serve: RequestListener) => RequestListener
}

/**
 * Serves `source` at any path. A fault that is no refusal becomes a 500. After each test, no track and no reader
 * of the source may be open.
 */
export async function setStage(
  source: ScriptedSource,
  settings: ServeTrackOptions = {},
  { observer, wrap = serve => serve }: StageOptions = {},
): Promise<Stage> {
  const requests: string[] = []
  const refusals: StreamError[] = []
  const completions: StreamCompletionEvent[] = []
  const faults: unknown[] = []
  let complete: ((event: StreamCompletionEvent) => void) | undefined
  const completion = new Promise<StreamCompletionEvent>(resolve => {
    complete = resolve
  })

  const lists: Observer = {
    request: (_req, { id }) => requests.push(id),
    refusal: (_req, error) => {
      refusals.push(error)
      return error
    },
    completion: event => {
      completions.push(event)
      complete?.(event)
    },
    fault: () => undefined,
  }
  const serveTrack = createServeTrack(source, settings, observer ?? lists)
  const writeRefusal = streamErrorHandler()
  function serve(req: IncomingMessage, res: ServerResponse): void {
    serveTrack(req, res, error => {
      if (!(error instanceof StreamError)) faults.push(error)
      writeRefusal(error, req, res, () => {
        res.statusCode = 500
        res.end()
      })
    })
  }
  const server = await listen(wrap(serve))

  sources.push(source)
  return {
    ...server,
    source,
    requests,
    refusals,
    completions,
    faults,
    completion,
  }
}

const sources: ScriptedSource[] = []
afterEach(() => {
  for (const { openTracks, openReaders } of sources.splice(0)) {
    expect({ openTracks, openReaders }).toEqual({ openTracks: 0, openReaders: 0 })
  }
})
