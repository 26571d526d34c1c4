/** What the diagnostics channels carry while a test runs. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamEvents } from 'express-signed-stream'

export type ChannelName = keyof StreamEvents

/** Calls `subscriber` for each event of `channel` until the test is over. */
export function subscribeTo(channel: ChannelName, subscriber: (event: unknown) => unknown): void {
  subscribe(STREAM_CHANNELS[channel], subscriber)
  endings.push(() => unsubscribe(STREAM_CHANNELS[channel], subscriber))
}

/** The events of `channel` until the test is over. */
export function eventsOf<Name extends ChannelName>(channel: Name): readonly StreamEvents[Name][] {
  const events: StreamEvents[Name][] = []
  subscribeTo(channel, event => events.push(event as StreamEvents[Name]))
  return events
}

const endings: (() => void)[] = []
afterEach(() => {
  for (const end of endings.splice(0)) end()
})
