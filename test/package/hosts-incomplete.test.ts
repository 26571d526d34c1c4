/** A response that cannot be completed: its client sees an error, on every transport and in every host. */
import { truncateSync } from 'node:fs'
import { CONTENT } from './host-cases'
import { HOSTS, type Host } from './host-list'
import type { Exchange, ExchangeSettings, Form, HostProcess } from './host-process'
import { makeHostsProject, type HostsProject } from './hosts-project'
import { pathFor } from '../support/tracks'

jest.setTimeout(120_000)

/** More than the kernel's buffers of one connection hold. */
const LARGE = 64 * 1024 * 1024

let project: HostsProject
beforeAll(async () => {
  project = await makeHostsProject()
  truncateSync(project.tracks.write('large.mp3', ''), LARGE)
})
afterAll(() => {
  project.remove()
})

/** What the client of `host` must see. */
function expectError(host: Host, { received, failure, silence, faults }: Exchange): void {
  expect({ silence, faults }).toEqual({ silence: undefined, faults: [] })
  if (host.transport === 'HTTP/2') {
    expect(failure).toMatch(/ERR_HTTP2_STREAM_ERROR.*NGHTTP2_INTERNAL_ERROR/)
  } else if (host.transport === 'HTTP/1.1') {
    expect(failure).toMatch(/ECONNRESET|ERR_STREAM_PREMATURE_CLOSE/)
  } else {
    // An adapter may make a response of its own of the error.
    expect(received?.status ?? 500).toBe(500)
    if (host.isDestroyable) expect(failure ?? '').not.toMatch(/did not come|Nothing came/)
  }
}

const FORMS: readonly Form[] = ['handler', 'composed']

describe.each(HOSTS)('$host', host => {
  let running: HostProcess
  beforeAll(async () => {
    running = await project.start(host, ...FORMS.map(form => ({ form, stallTimeout: 500 })))
  })
  afterAll(async () => {
    await running.end()
  })

  describe.each(FORMS.map((form, setting) => ({ form, setting })))('with the $form', ({ setting }) => {
    async function exchange(id: string, settings: ExchangeSettings): Promise<Exchange> {
      const isImpatient = !host.isDestroyable
      const request = { path: pathFor(id) }
      return running.exchange(request, { setting, awaits: 'completion', isImpatient, ...settings })
    }

    it.each([
      ['truncate', 'truncated'],
      ['rewrite', 'changed'],
    ] as const)('shows an error when the file changes meanwhile: %s', async (how, outcome) => {
      const file = project.tracks.write(`${how}.mp3`, CONTENT)
      const result = await exchange(how, { spoils: { how, file } })
      expectError(host, result)
      expect(result.events).toMatchObject([
        { kind: 'request', status: 200 },
        { kind: 'completion', status: 200, outcome },
      ])
      expect(result.events[1]?.bytesSent).toBeLessThan(CONTENT.length)
    })

    if (host.transport !== undefined) {
      it('shows an error when its client has read nothing for too long', async () => {
        const result = await exchange('large', { isPaused: true })
        expectError(host, result)
        expect(result.events).toMatchObject([{ kind: 'request' }, { kind: 'completion', outcome: 'stalled' }])
        expect(result.events[1]?.bytesSent).toBeLessThan(LARGE)
      })
    }
  })

  it('publishes nothing later, and leaves nothing uncaught', async () => {
    expect(await running.stop()).toEqual({ late: { request: 0, refusal: 0, completion: 0 }, faults: [] })
  })
})
