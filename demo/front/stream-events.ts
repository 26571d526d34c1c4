/** The stream events of one server. The channels belong to the process, which may run several servers, as tests do. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamEvents } from 'express-signed-stream'
import { requestContext, type RequestContext } from './request-context'

export type StreamEventHandlers = {
  readonly [Name in keyof StreamEvents]?: (
    event: StreamEvents[Name],
    /** Undefined if no page watches the request, and this is the only server. */
    context: RequestContext | undefined,
  ) => void
}

/** How many subscriptions each server has. */
const servers = new Map<object, number>()

/** Whether events must be assigned to one of several servers, by the context of their requests. */
export function hasSeveralServers(): boolean {
  return servers.size > 1
}

/**
 * Calls the handlers for events of requests to `server`.
 *
 * @returns ends the subscription
 */
export function subscribeToStreams(server: object, handlers: StreamEventHandlers): () => void {
  const subscriptions = Object.entries(handlers).map(([name, handle]) => {
    function onEvent(event: unknown): void {
      const context = requestContext.getStore()
      if (context === undefined ? !hasSeveralServers() : context.server === server) {
        handle(event as never, context)
      }
    }
    return { channel: STREAM_CHANNELS[name as keyof StreamEvents], onEvent }
  })
  servers.set(server, (servers.get(server) ?? 0) + 1)
  for (const { channel, onEvent } of subscriptions) subscribe(channel, onEvent)
  return function unsubscribeFromStreams() {
    for (const { channel, onEvent } of subscriptions.splice(0)) unsubscribe(channel, onEvent)
    const count = (servers.get(server) ?? 0) - 1
    if (count > 0) servers.set(server, count)
    else servers.delete(server)
  }
}
