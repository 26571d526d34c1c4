/**
 * Whatever a source does at its first and its second opening, at once or later, ends in one response: served, or
 * refused by one road. Nothing is thrown past it, and nothing stays open.
 */
import { Buffer } from 'node:buffer'
import type { StreamOutcome } from '../../src/events'
import { SourceError } from '../../src/source/source'
import { ask } from '../support/client'
import { EIO, scriptSource, type Opening, type Step } from '../support/scripted-source'
import { setStage } from '../support/stage'

const SIZE = 100

type Ways = Readonly<Record<string, Opening>>

const OPENS: Ways = {
  'opens at once': { kind: 'opens', answers: 'at once' },
  'opens later': { kind: 'opens', answers: 'later' },
}
const FAILS: Ways = {
  'throws a fault': {
    kind: 'fails',
    answers: 'by throwing',
    error: new SourceError('unavailable', { cause: EIO }),
  },
  'rejects with a fault': {
    kind: 'fails',
    answers: 'by rejecting',
    error: new SourceError('unavailable', { cause: EIO }),
  },
}
const BREAKS: Ways = {
  'throws a bug': { kind: 'fails', answers: 'by throwing', error: new TypeError('of the source') },
  'rejects with a bug': { kind: 'fails', answers: 'by rejecting', error: new TypeError('of the source') },
}
const MISSING: Ways = {
  'is missing at once': { kind: 'is missing', answers: 'at once' },
  'is missing later': { kind: 'is missing', answers: 'later' },
}
const SHRUNK: Ways = {
  'is shorter at once': { kind: 'opens', answers: 'at once', size: 10 },
  'is shorter later': { kind: 'opens', answers: 'later', size: 10 },
}

function expected(status: number, ways: Ways): [string, Opening, number][] {
  return Object.entries(ways).map(([name, opening]) => [name, opening, status])
}

interface Result {
  readonly status: number
  readonly outcomes: readonly StreamOutcome[]
  readonly faults: readonly unknown[]
}

/** Requests a range behind byte 10 of a source that opens as `openings` say. */
async function askFor(
  openings: readonly Opening[],
  reads: 'at once' | 'later',
  steps: () => Iterable<Step>,
): Promise<Result> {
  await using server = await setStage(scriptSource(SIZE, steps, openings, reads))
  const { status } = await ask(server.port, '/track1', { headers: { Range: 'bytes=20-29' } })
  return { status, outcomes: server.completions.map(({ outcome }) => outcome), faults: server.faults }
}

const CONTENT = [Buffer.alloc(10)]

describe.each(['at once', 'later'] as const)('a source that reads %s', reads => {
  it.each([
    ...expected(206, OPENS),
    ...expected(404, MISSING),
    ...expected(503, FAILS),
    ...expected(500, BREAKS),
    ...expected(416, SHRUNK),
  ])('and %s', async (_name, opening, status) => {
    const result = await askFor([opening], reads, () => CONTENT)
    expect(result.status).toBe(status)
    expect(result.outcomes).toEqual(status === 206 ? ['complete'] : [])
    expect(result.faults).toHaveLength(status === 500 ? 1 : 0)
  })

  describe.each(Object.entries(OPENS))('and %s, but has changed by the first read', (_first, first) => {
    it.each([
      ...expected(206, OPENS),
      ...expected(404, MISSING),
      ...expected(503, FAILS),
      ...expected(500, BREAKS),
      ...expected(416, SHRUNK),
    ])('and then %s', async (_name, second, status) => {
      let readings = 0
      const result = await askFor([first, second], reads, () =>
        readings++ === 0 ? [new SourceError('changed')] : CONTENT,
      )
      expect(result.status).toBe(status)
      expect(result.outcomes).toEqual(status === 206 ? ['complete'] : [])
    })

    it('and again and again', async () => {
      const result = await askFor([first], reads, () => [new SourceError('changed')])
      expect(result.status).toBe(503)
    })
  })

  it('and gives more bytes than its size: the connection closes before the client takes them for the track', async () => {
    const tooMany = askFor([{ kind: 'opens', answers: 'at once' }], reads, () => [
      Buffer.alloc(5),
      Buffer.alloc(50),
    ])
    await expect(tooMany).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('and gives fewer bytes than its size: the connection closes before the client takes them for the track', async () => {
    const tooFew = askFor([{ kind: 'opens', answers: 'at once' }], reads, () => [Buffer.alloc(5)])
    await expect(tooFew).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})
