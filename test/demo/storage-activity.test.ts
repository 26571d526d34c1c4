/** What counts as a sign that the storage works, for `/readyz`. */
import { channel } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamEvents } from 'express-signed-stream'
import { watchStorage } from '../../demo/front/storage-activity'

/** Whether the storage counts as working after an event. */
function worksAfter<Name extends 'request' | 'read'>(
  name: Name,
  event: Partial<StreamEvents[Name]>,
  isRemote = false,
): boolean {
  const activity = watchStorage({}, isRemote)
  try {
    channel(STREAM_CHANNELS[name]).publish(event)
    return activity.hasServed(60_000)
  } finally {
    activity.close()
  }
}

describe('The storage counts as working', () => {
  it('after bytes that came from it, and not after bytes from memory', () => {
    expect(worksAfter('read', { origin: 'disk' })).toBe(true)
    expect(worksAfter('read', { origin: 'store' }, true)).toBe(true)
    expect(worksAfter('read', { origin: 'memory' })).toBe(false)
    expect(worksAfter('read', { origin: 'memory' }, true)).toBe(false)
  })

  it('after a response whose file was looked at, and not after one that a store may know nothing of', () => {
    expect(worksAfter('request', { firstByteMs: 1 })).toBe(true)
    expect(worksAfter('request', { firstByteMs: 1 }, true)).toBe(false)
  })

  it('not after a request whose client left while it waited for the first bytes', () => {
    expect(worksAfter('request', { firstByteMs: undefined })).toBe(false)
  })

  it('for the time that is requested, and from any other access on', () => {
    const activity = watchStorage({})
    expect(activity.hasServed(60_000)).toBe(false)
    activity.record()
    expect([activity.hasServed(60_000), activity.hasServed(0)]).toEqual([true, false])
    activity.close()
  })
})
