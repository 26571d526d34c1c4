/**
 * Hundreds of random requests on real sockets: whatever is in them, only a valid signature opens a track, and each
 * response has the bytes that its head promises.
 *
 * The seed is the same each time, and a failure prints it. Another seed, and more runs:
 * `FUZZ_SEED=42 FUZZ_RUNS=5000 npx jest test/fuzz`
 */
import fc from 'fast-check'
import { converse, exchange } from './fuzz/conversation'
import { expectDue, TELLING } from './fuzz/due'
import { grantOf } from './fuzz/grant'
import { CONTENT, ETAGS } from './fuzz/known-tracks'
import { borrow, noise, request } from './fuzz/requests'
import { damage } from './fuzz/sent-request'
import { anyTarget, forgedTwins } from './fuzz/targets'
import type { WholeAnswer } from './support/answer-reader'
import { startChild, type ChildServer } from './support/child'
import { ask, statusesIn } from './support/client'
import { makeTrackDirectory, pathFor, TRACK } from './support/tracks'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_102)
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 80)
jest.setTimeout(60_000 + RUNS * 100)

const HOST_NAMES = ['Express 5', 'node:http']
const tracks = makeTrackDirectory()
for (const [id, content] of CONTENT) tracks.write(`${id}.mp3`, content)
let child: ChildServer

beforeAll(async () => {
  child = await startChild(tracks.path, { hosts: HOST_NAMES, cors: { origin: true } })
  for (const id of CONTENT.keys()) {
    const { headers } = await ask(child.port, pathFor(id), { method: 'HEAD' })
    ETAGS.set(id, headers.etag ?? '')
  }
})
afterAll(async () => {
  await child[Symbol.asyncDispose]()
  tracks.remove()
})

describe.each(HOST_NAMES.map((name, index) => [name, index] as const))('on %s', (_name, index) => {
  it('each request of a conversation gets its own response, with the bytes that it promises', async () => {
    const conversation = fc
      .tuple(
        fc.array(request(anyTarget()), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', 'track1', 'two'),
      )
      .map(([requests, id]) => (id === '' ? requests : requests.flatMap(one => [one, borrow(one, id)])))
    await assertAlways(
      fc.asyncProperty(conversation, fc.boolean(), async (requests, isPipelined) => {
        for (const [sent, response] of await converse(port(), requests, isPipelined))
          expectDue(sent, response)
      }),
    )
  })

  it('a link that opens nothing is refused in the same bytes whether the track exists or not', async () => {
    await assertAlways(
      fc.asyncProperty(forgedTwins(), request(fc.constant('')), async (targets, sent) => {
        const responses: string[] = []
        for (const target of targets) {
          const [first] = await converse(port(), [{ ...sent, target }], false)
          if (first !== undefined) expectDue(...first)
          responses.push(withoutDate(first?.[1]))
        }
        expect(responses[0]).toBe(responses[1])
      }),
    )
  })

  it('bytes that are no request at all end in a refusal or in silence', async () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true })
    const cuts = fc.array(fc.tuple(place, fc.nat(6), noise()), { minLength: 1, maxLength: 4 })
    const damaged = fc.tuple(request(anyTarget()), cuts).map(([sent, places]) => damage(sent, places))
    await assertAlways(
      fc.asyncProperty(damaged, async data => {
        const received = await exchange(port(), data)
        const statuses = statusesIn(received)
        expect(statuses.filter(status => status >= 500)).toEqual([])
        expect(received).not.toMatch(/^x-injected/im)
        const isOpen = data.match(/\/stream\/\S*/gi)?.some(target => grantOf(target).kind === 'open')
        if (!isOpen) expect(statuses.filter(status => TELLING.has(status))).toEqual([])
      }),
    )
  })

  afterEach(async () => {
    expect((await child.health()).faults).toEqual([])
    const whole = await ask(port(), pathFor('track1'))
    expect(whole.body.equals(TRACK)).toBe(true)
  })

  function port(): number {
    return child.ports[index] ?? 0
  }
})

async function assertAlways<T>(property: fc.IAsyncProperty<T>): Promise<void> {
  // Finding the simplest request that hangs takes PATIENCE for each attempt.
  await fc.assert(property, { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 30_000 + RUNS * 50 })
}

function withoutDate(response: WholeAnswer | undefined): string {
  return `${response?.text.replace(/^Date: .*$/im, '')}\r\n\r\n${response?.body.toString('latin1')}`
}
