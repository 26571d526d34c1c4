/** The recipes of `docs/recipes/log-redaction.md`. */
import { createLinks } from 'express-signed-stream'
import { ask } from '../support/client'
import { eventually } from '../support/eventually'
import { pathFor, SECRET } from '../support/tracks'
import { startRecipe } from './support/start-recipe'

/** Any part of a signature that is long enough to recognise it. */
const SIGNATURE = /[0-9a-f]{16}/

const links = createLinks({ secret: SECRET, baseUrl: '/stream' })

describe.each(['morgan', 'pino-http', 'winston'])('the access log of %s', logger => {
  it('names the tracks, and holds neither a link that works nor the cookie of a listener', async () => {
    await using running = await startRecipe({ recipe: 'log-redaction', args: [`${logger}.js`] })
    function lines(): string[] {
      return running
        .output()
        .split('\n')
        .filter(line => line.includes('/stream/'))
    }
    const link = pathFor('track1')
    const lasting = links.createLink('long', { expiresIn: '5m', playFor: '1h' }).url
    const answers = [
      await ask(running.port, link, { headers: { referer: `http://localhost${link}` } }),
      await ask(running.port, `${link}0`),
      await ask(running.port, lasting, { headers: { range: 'bytes=0-9' } }),
    ]
    const [cookie = ''] = answers[2]?.headers['set-cookie'] ?? []
    const [, value = ''] = /^ess=([^;]+)/.exec(cookie) ?? []
    answers.push(
      await ask(running.port, lasting, { headers: { range: 'bytes=0-9', cookie: `ess=${value}` } }),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 206, 206])

    await eventually(() => lines().length >= answers.length, 'all requests are logged')
    expect(lines().map(line => /\/stream\/\w+/.exec(line)?.[0])).toEqual([
      '/stream/track1',
      '/stream/track1',
      '/stream/long',
      '/stream/long',
    ])
    expect(value).not.toBe('')
    expect(running.output()).not.toMatch(SIGNATURE)
    expect(running.output()).not.toContain(value)
  })
})
