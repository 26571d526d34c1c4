/** What counts as a sign that the storage works, for `/readyz`. */
import { channel } from 'node:diagnostics_channel'
import { STREAM_CHANNELS, type StreamEvents } from 'express-signed-stream'
import { watchStorage, type StorageActivity } from '../../demo/front/storage-activity'

type Act = (activity: StorageActivity) => void

/** Whether the storage counts as working after something. */
function worksAfter(act: Act, isRemote = false): boolean {
  const activity = watchStorage({}, isRemote)
  try {
    act(activity)
    return activity.hasServed(60_000)
  } finally {
    activity.close()
  }
}

function read(origin: StreamEvents['read']['origin']): Act {
  return () => {
    channel(STREAM_CHANNELS.read).publish({ origin })
  }
}

function respond(statusCode: number, headersSent = true, age = 0): Act {
  return activity => {
    activity.responded({ statusCode, headersSent }, performance.now() - age)
  }
}

describe('The storage counts as working', () => {
  it('after bytes that came from it, and not after bytes from memory', () => {
    expect(worksAfter(read('disk'))).toBe(true)
    expect(worksAfter(read('store'), true)).toBe(true)
    expect(worksAfter(read('memory'))).toBe(false)
    expect(worksAfter(read('memory'), true)).toBe(false)
  })

  it('after a response whose file was looked at, and not after one that a store may know nothing of', () => {
    expect(worksAfter(respond(206))).toBe(true)
    expect(worksAfter(respond(304))).toBe(true)
    expect(worksAfter(respond(206), true)).toBe(false)
  })

  it('not after a request whose client left while it waited for the first bytes, or that was refused', () => {
    expect(worksAfter(respond(200, false))).toBe(false)
    expect(worksAfter(respond(403))).toBe(false)
  })

  it('as of the beginning of a response, which may have lasted for an hour', () => {
    expect(worksAfter(respond(206, true, 3_600_000))).toBe(false)
  })

  it('for the time that is requested, and from any other access on', () => {
    const activity = watchStorage({})
    expect(activity.hasServed(60_000)).toBe(false)
    activity.record()
    expect([activity.hasServed(60_000), activity.hasServed(0)]).toEqual([true, false])
    activity.close()
  })
})
