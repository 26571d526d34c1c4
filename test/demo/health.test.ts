import { mkdirSync } from 'node:fs'
import { ask } from '../support/client'
import { makeTrackDirectory } from '../support/tracks'
import { runDemo } from './running'

describe('health', () => {
  it('is reported without a login, and not stored', async () => {
    const directory = makeTrackDirectory()
    await using demo = await runDemo(directory.path)
    for (const [path, body] of [
      ['/healthz', 'ok\n'],
      ['/readyz', 'ready\n'],
      ['/readyz?verbose', 'ready\n'],
    ] as const) {
      const answer = await ask(demo.port, path)
      expect([path, answer.status, answer.body.toString()]).toEqual([path, 200, body])
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'content-type': 'text/plain; charset=utf-8',
      })
      const head = await ask(demo.port, path, { method: 'HEAD' })
      expect([head.status, head.body.length]).toEqual([200, 0])
    }
    directory.remove()
  })

  it('makes /readyz 503 while the directory is missing, and 200 when it is back', async () => {
    const directory = makeTrackDirectory()
    await using demo = await runDemo(directory.path)
    directory.remove()
    expect((await ask(demo.port, '/healthz')).status).toBe(200)
    const answer = await ask(demo.port, '/readyz')
    expect([answer.status, answer.body.toString()]).toEqual([503, 'tracks cannot be read\n'])

    mkdirSync(directory.path)
    expect((await ask(demo.port, '/readyz')).status).toBe(200)
    directory.remove()
  })

  it('is reported on the port of the metrics, too', async () => {
    const directory = makeTrackDirectory()
    await using demo = await runDemo(directory.path, { METRICS_PORT: '0' })
    expect((await ask(demo.metricsPort ?? 0, '/healthz')).status).toBe(200)
    expect((await ask(demo.metricsPort ?? 0, '/readyz')).status).toBe(200)
    directory.remove()
  })
})
