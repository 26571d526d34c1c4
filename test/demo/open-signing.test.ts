import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, TRACK } from '../support/tracks'
import { runDemo } from './running'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

describe('OPEN_SIGNING', () => {
  it('off, signs no links, which pages can read', async () => {
    await using demo = await runDemo(directory.path, { NODE_ENV: 'production', HOST: 'localhost' })
    for (const path of ['/api/sign/track1', '/api/sign/missing', '/API/SIGN/track1', '/api//sign/track1']) {
      const answer = await ask(demo.port, path, { headers: { Origin: 'https://app.example' } })
      expect([path, answer.body.toString().includes('sig=')]).toEqual([path, false])
    }
    const answer = await ask(demo.port, '/api/sign/track1', { headers: { Origin: 'https://app.example' } })
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.body.toString())).toEqual({
      error: 'This server signs no links here: its operator has not set OPEN_SIGNING to true',
    })
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
    expect((await ask(demo.port, pathFor('track1'))).status).toBe(200)
  })

  it('on, signs in production too', async () => {
    const environment = { NODE_ENV: 'production', HOST: 'localhost', OPEN_SIGNING: 'true' }
    await using demo = await runDemo(directory.path, environment)
    expect((await ask(demo.port, '/api/sign/track1')).status).toBe(200)
  })
})
