/** `createServeTrack` on a real server, with what it reported: nothing else stands between a source and the wire. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { streamErrorHandler, type StreamError } from 'express-signed-stream'
import type { StreamCompletionEvent } from '../../src/events'
import type { Observer } from '../../src/pipeline/observer'
import { readOptions } from '../../src/options'
import { Refusal } from '../../src/pipeline/refusal'
import { createServeTrack, type ServeTrackSettings } from '../../src/pipeline/serve-track'
import { trackOptions } from '../../src/pipeline/track-options'
import { eventually } from './eventually'
import type { ScriptedSource } from './scripted-source'
import { listen, type RunningServer } from './server'

export interface Stage extends RunningServer {
  readonly source: ScriptedSource
  /** The ids of the requests that were reported. */
  readonly requests: readonly string[]
  readonly refusals: readonly StreamError[]
  readonly completions: readonly StreamCompletionEvent[]
  /** What `fail` was called with besides refusals. */
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
  settings: Partial<ServeTrackSettings> = {},
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
    refusal: (_req, { error }) => {
      refusals.push(error)
    },
    isWatched: () => true,
    completion: (_req, response, end) => {
      const { id, status, headers, firstByteMs } = response
      const event = { id, status, headers, firstByteMs, ...end } as unknown as StreamCompletionEvent
      completions.push(event)
      complete?.(event)
    },
    report: () => undefined,
    shared: () => undefined,
    fetch: () => undefined,
    textFault: () => undefined,
    fault: () => undefined,
    unhandled: () => undefined,
  }
  const reports = observer ?? lists
  const defaults = readOptions('setStage', { dir: __dirname }, trackOptions)
  const serveTrack = createServeTrack(source, { ...defaults, offload: undefined, ...settings }, reports)
  const writeRefusal = streamErrorHandler()
  function serve(req: IncomingMessage, res: ServerResponse): void {
    serveTrack(req, res, failure => {
      if (failure instanceof Refusal) reports.refusal(req, failure)
      else faults.push(failure)
      const error = failure instanceof Refusal ? failure.error : failure
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
// The client may have everything before the server has heard that it was sent.
afterEach(async () => {
  for (const source of sources.splice(0)) {
    await eventually(() => source.openTracks === 0, 'all tracks are closed')
    await eventually(() => source.openReaders === 0, 'all readers are closed')
  }
})
