import { SECRET } from '../support/tracks'
import { linkTo, macOf, NOW, OTHER_SECRET, run } from './support'

const LINK = linkTo('track1')

describe('verify', () => {
  it.each([
    ['valid', linkTo('track1'), 0, 'VALID'],
    ['valid in its last second', linkTo('track1', NOW), 0, 'VALID'],
    ['expired', linkTo('track1', NOW - 1), 1, 'SIGNATURE_EXPIRED'],
    [
      'signed by another',
      linkTo('track1', NOW, macOf(`track1|${NOW}`, OTHER_SECRET)),
      1,
      'SIGNATURE_INVALID',
    ],
    ['malformed', linkTo('track1', `0${NOW}`), 1, 'SIGNATURE_MALFORMED'],
    ['without a signature', '/track1', 1, 'SIGNATURE_MISSING'],
    ['with an extension', LINK.replace('?', '.mp3?'), 0, 'VALID'],
    ['with an extension in upper case', LINK.replace('?', '.FLAC?'), 0, 'VALID'],
    ['with an extension that is not served', LINK.replace('?', '.txt?'), 1, 'INVALID_ID'],
    ['with a signed extension', linkTo('track1.mp3'), 1, 'SIGNATURE_INVALID'],
    ['with an invalid id', linkTo('track1.mp3.mp3'), 1, 'INVALID_ID'],
    ['no link at all', 'http://[', 1, 'INVALID_ID'],
  ])('prints the code of a link that is %s', async (_name, link, exitCode, code) => {
    expect(await run(['verify', link])).toEqual({ exitCode, stdout: `${code}\n`, stderr: '' })
  })

  it('prints what the link permits, or why it is refused, as JSON', async () => {
    expect(JSON.parse((await run(['verify', linkTo('track1'), '--json'])).stdout)).toEqual({
      valid: true,
      code: 'VALID',
      id: 'track1',
      expires: NOW + 3600,
      expiresAt: '2026-11-22T13:00:00Z',
      key: 'SECRET_KEY',
    })
    const refused = await run(['verify', '/track1', '--json'])
    expect([refused.exitCode, JSON.parse(refused.stdout)]).toEqual([
      1,
      { valid: false, code: 'SIGNATURE_MISSING' },
    ])
  })

  it('accepts links of the previous secret', async () => {
    const environment = { SECRET_KEY: OTHER_SECRET, SECRET_KEY_PREVIOUS: SECRET }
    const { exitCode, stdout } = await run(['verify', linkTo('track1'), '--json'], { environment })
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ key: 'SECRET_KEY_PREVIOUS' }),
    ])
  })

  it.each([
    [['--at', String(NOW + 3600)], 'VALID'],
    [['--at', '2026-11-22T13:00:01Z'], 'SIGNATURE_EXPIRED'],
    [['--at', '2026-11-22T13:00:01Z', '--clock-tolerance', '1s'], 'VALID'],
    [['--max-ttl', '1h'], 'VALID'],
    [['--max-ttl', '59m'], 'SIGNATURE_LIFETIME'],
  ])('checks with the options %j', async (args, code) => {
    expect((await run(['verify', linkTo('track1'), ...args])).stdout).toBe(`${code}\n`)
  })

  it('refuses a time or a duration that it cannot read', async () => {
    expect((await run(['verify', linkTo('track1'), '--at', 'noon'])).stderr).toContain('--at must be seconds')
    expect((await run(['verify', linkTo('track1'), '--max-ttl', 'long'])).stderr).toContain(
      '--max-ttl must be',
    )
  })
})
