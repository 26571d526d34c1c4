/** The stream events of one server. The channels belong to the process, which may run several servers, as tests do. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamEvents } from 'express-signed-stream'
import { requestContext, type RequestContext } from './request-context'

export type StreamEventHandlers = {
  readonly [Name in keyof StreamEvents]?: (event: StreamEvents[Name], context: RequestContext) => void
}

/**
 * Calls the handlers for events of requests whose context names `server`.
 *
 * @returns ends the subscription
 */
export function subscribeToStreams(server: object, handlers: StreamEventHandlers): () => void {
  const subscriptions = Object.entries(handlers).map(([name, handle]) => {
    function onEvent(event: unknown): void {
      const context = requestContext.getStore()
      if (context?.server === server) handle(event as never, context)
    }
    return { channel: STREAM_CHANNELS[name as keyof StreamEvents], onEvent }
  })
  for (const { channel, onEvent } of subscriptions) subscribe(channel, onEvent)
  return function unsubscribeFromStreams() {
    for (const { channel, onEvent } of subscriptions) unsubscribe(channel, onEvent)
  }
}
