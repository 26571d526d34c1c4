/** What the diagnostics channels carry while a test runs. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  STREAM_CHANNELS,
  type StreamCompletionEvent,
  type StreamReadEvent,
  type StreamRefusalEvent,
  type StreamRequestEvent,
} from 'express-signed-stream'

interface EventTypes {
  readonly request: StreamRequestEvent
  readonly refusal: StreamRefusalEvent
  readonly completion: StreamCompletionEvent
  readonly read: StreamReadEvent
}

export type ChannelName = keyof EventTypes

/** Calls `subscriber` for each event of `channel` until the test is over. */
export function subscribeTo(channel: ChannelName, subscriber: (event: unknown) => unknown): void {
  subscribe(STREAM_CHANNELS[channel], subscriber)
  endings.push(() => unsubscribe(STREAM_CHANNELS[channel], subscriber))
}

/** The events of `channel` until the test is over. */
export function eventsOf<Name extends ChannelName>(channel: Name): readonly EventTypes[Name][] {
  const events: EventTypes[Name][] = []
  subscribeTo(channel, event => events.push(event as EventTypes[Name]))
  return events
}

const endings: (() => void)[] = []
afterEach(() => {
  for (const end of endings.splice(0)) end()
})
