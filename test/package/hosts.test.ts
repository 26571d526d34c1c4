/** The packed package in the hosts that apps run it in, also those whose requests come over no socket. */
import { Buffer } from 'node:buffer'
import { CASES, CONTENT, CROSS_ORIGIN_CASES, type Case } from './host-cases'
import { HOSTS } from './host-list'
import type { Exchange, HostProcess, HostSetting } from './host-process'
import { makeHostsProject, type HostsProject } from './hosts-project'

jest.setTimeout(120_000)

let project: HostsProject
beforeAll(async () => {
  project = await makeHostsProject()
  project.tracks.write('track1.mp3', CONTENT)
})
afterAll(() => {
  project.remove()
})

interface Setting {
  readonly as: string
  readonly cases: readonly Case[]
  /** What every response of ours carries. */
  readonly headers: Readonly<Record<string, string>>
}

const ORIGIN = 'https://player.example'

const SETTINGS: readonly (Setting & Pick<HostSetting, 'form' | 'cors' | 'isLogged'>)[] = [
  {
    as: 'one handler',
    form: 'handler',
    cases: [...CASES, ...CROSS_ORIGIN_CASES],
    headers: { 'access-control-allow-origin': '*' },
  },
  {
    as: 'one handler for pages of one origin',
    form: 'handler',
    cors: { origin: ORIGIN },
    isLogged: true,
    cases: CROSS_ORIGIN_CASES,
    headers: { 'access-control-allow-origin': ORIGIN, vary: 'Origin' },
  },
  { as: 'middlewares', form: 'composed', cases: CASES, headers: {}, isLogged: true },
]

/** Fields of the connection, which a host or Node adds when the head is written. */
const OF_CONNECTION = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding'])

/** What the client received, without what is not ours. */
function fieldsOf({ received }: Exchange): Record<string, string> {
  const fields = Object.entries(received?.headers ?? {})
  return Object.fromEntries(
    fields.filter(([name]) => !OF_CONNECTION.has(name)).map(([name, value]) => [name, String(value)]),
  )
}

function isBody(received: Uint8Array, expected: Case['body']): boolean {
  const bytes = Buffer.from(received)
  if (Buffer.isBuffer(expected)) return bytes.equals(expected)
  return expected.every(part => bytes.includes(part))
}

function bytesSentOf({ events }: Exchange): number | undefined {
  return events.find(({ kind }) => kind === 'completion')?.bytesSent
}

describe.each(HOSTS)('$host', host => {
  let running: HostProcess
  beforeAll(async () => {
    running = await project.start(
      host,
      ...SETTINGS.map(({ form, cors, isLogged }) => ({
        form,
        ...(isLogged && { isLogged }),
        ...(cors && { cors }),
      })),
    )
  })
  afterAll(async () => {
    await running.end()
  })

  describe.each(SETTINGS.map((entry, setting) => ({ ...entry, setting })))(
    'with $as',
    ({ cases, headers: common, setting, isLogged }) => {
      it.each(cases)('gives $what', async ({ request, awaits, status, headers, body, events }) => {
        const exchange = await running.exchange(request, { setting, awaits })
        const { received, failure, silence, faults } = exchange
        expect({ failure, silence, faults, status: received?.status }).toEqual({
          failure: undefined,
          silence: undefined,
          faults: [],
          status,
        })
        expect(fieldsOf(exchange)).toMatchObject({ ...headers, ...common })
        // A head that nobody can look at is handed to Node at once, and shows nothing.
        const isShown = isLogged === true || Object.keys(exchange.head ?? {}).length > 0
        expect(exchange.head).toMatchObject(isShown ? fieldsOf(exchange) : {})
        expect(isBody(received?.body ?? Buffer.alloc(0), body)).toBe(true)
        expect(exchange.events).toMatchObject(events)
        expect(exchange.events).toHaveLength(events.length)
        expect(bytesSentOf(exchange)).toBe(awaits === 'completion' ? received?.body.length : undefined)
      })

      it('leaves other paths to the host', async () => {
        const { received, events, faults } = await running.exchange({ path: '/other' }, { setting })
        const text = received && Buffer.from(received.body).toString()
        expect({ status: received?.status, text }).toEqual({ status: 404, text: 'of the app' })
        expect({ events, faults }).toEqual({ events: [], faults: [] })
      })
    },
  )

  it('publishes nothing later, and leaves nothing uncaught', async () => {
    expect(await running.stop()).toEqual({ late: { request: 0, refusal: 0, completion: 0 }, faults: [] })
  })
})
