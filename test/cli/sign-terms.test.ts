/** `sign` with terms, against signatures that are made by hand. */
import { linkTo, macOf, NOW, run } from './support'

const EXPIRES = NOW + 300
const SIGN = ['sign', 'track1', '--expires-in', '5m']

/** The query of a link with terms as another signer makes it. */
function queryOf(terms: string, subject = 'track1'): string {
  return `expires=${EXPIRES}&terms=${encodeURIComponent(terms)}&sig=${macOf(`${subject}|${EXPIRES}|${terms}`)}`
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

describe('sign', () => {
  it.each([
    [['--terms'], `iat.${NOW}`],
    [['--link-id', 'Zk3x9QwT'], `iat.${NOW}.jti.Zk3x9QwT`],
    [['--listener', 'u42'], `iat.${NOW}.sub.u42`],
    [['--listener', 'zoé'], `iat.${NOW}.sub.zoé`],
    [['--not-before', '2026-11-22T12:01:00Z'], `iat.${NOW}.nbf.${NOW + 60}`],
    [['--play-for', '4h'], `iat.${NOW}.ses.14400`],
    [['--play-for', '0'], `iat.${NOW}.ses.0`],
    [['--uses', '2', '--link-id', 'x'], `iat.${NOW}.jti.x.uses.2`],
    [['--streams', '1', '--listener', 'u42'], `iat.${NOW}.streams.1.sub.u42`],
    [['--download-name', 'Été.mp3'], `as.${base64url('Été.mp3')}.iat.${NOW}`],
    [['--network', '192.0.2.7'], `iat.${NOW}.ip4.c0000207`],
    [['--network', '192.0.2.0/24', '--network', '2001:db8::/48'], `iat.${NOW}.ip4.c00002.ip6.20010db80000`],
    [['--key-id', 'a', '--listener', 'u42'], `iat.${NOW}.kid.a.sub.u42`],
  ])('writes %j into the link and signs it', async (args, terms) => {
    const { exitCode, stdout, stderr } = await run([...SIGN, ...args])
    expect([exitCode, stdout, stderr]).toEqual([0, `/track1?${queryOf(terms)}\n`, ''])
  })

  it.each([
    [['--track', 'track2', '--track', 'track1'], `iat.${NOW}.id.track2.id.track1`],
    [['--prefix', 'tra-'], `iat.${NOW}.pre.tra-`],
    [['--set', 'summer'], `iat.${NOW}.in.summer`],
  ])('signs * in place of the id for %j, which opens several tracks', async (args, terms) => {
    const id = args[0] === '--prefix' ? 'tra-1' : 'track1'
    const { stdout } = await run(['sign', id, '--expires-in', '5m', ...args])
    expect(stdout).toBe(`/${id}?${queryOf(terms, '*')}\n`)
  })

  it('makes a random name for a link with --uses, because the listeners of a link are counted by its name', async () => {
    const { stdout } = await run([...SIGN, '--uses', '3'])
    const [, name = ''] = /jti\.([\w-]+)\./.exec(stdout) ?? []
    expect(name).toMatch(/^[\w-]{12}$/)
    expect(stdout).toBe(`/track1?${queryOf(`iat.${NOW}.jti.${name}.uses.3`)}\n`)
    expect((await run([...SIGN, '--uses', '3'])).stdout).not.toContain(name)
  })

  it('prints the terms as JSON, as text and by name', async () => {
    const args = ['--listener', 'u42', '--play-for', '4h', '--network', '192.0.2.0/24', '--json']
    const terms = `iat.${NOW}.ip4.c00002.ses.14400.sub.u42`
    expect(JSON.parse((await run([...SIGN, ...args])).stdout)).toEqual({
      url: `/track1?${queryOf(terms)}`,
      id: 'track1',
      expires: EXPIRES,
      expiresAt: '2026-11-22T12:05:00Z',
      terms,
      allows: { signedAt: NOW, network: { ip4: 'c00002' }, playFor: 14_400, listener: 'u42' },
    })
  })

  it('makes a link without terms as before, byte for byte', async () => {
    const args = ['sign', 'track1', '--expires-in', '1h', '--base-url', 'https://api.example.com/stream']
    expect((await run(args)).stdout).toBe(`${linkTo('track1', NOW + 3600)}\n`)
  })

  it.each([
    [['--link-id', 'a.b'], '--link-id must be 1 to 32 of A-Z, a-z, 0-9, "_" and "-", got "a.b"'],
    [['--listener', 'a b'], '--listener must be 1 to 64 characters of a track id, got "a b"'],
    [['--not-before', 'noon'], '--not-before must be seconds since the epoch or a date'],
    [
      ['--not-before', String(EXPIRES + 1)],
      `--not-before is after the expiry: ${EXPIRES + 1} is later than ${EXPIRES}`,
    ],
    [['--play-for', 'long'], '--play-for must be a number with s, m, h, d or w'],
    [['--play-for', '25h'], '--play-for must be a number of seconds up to 86400'],
    [['--uses', 'two'], '--uses must be a whole number, got "two"'],
    [['--uses', '0'], '--uses must be a whole number, 1 to 9999, got 0'],
    [['--streams', '100'], '--streams must be a whole number, 1 to 99, got 100'],
    [['--download-name', 'a/b.mp3'], '--download-name must be a file name of at most 200 bytes'],
    [['--track', 'track2'], '--track must open the track of the URL, "track1"'],
    [['--track', 'track1', '--track', 'a b'], '--track must be 1 to 40 track ids'],
    [['--prefix', 'track'], '--prefix must be the beginning of a track id, of 2 or more characters'],
    [['--prefix', 'album1-'], '--prefix must open the track of the URL, "track1"'],
    [['--set', 'a.b'], '--set must be 1 to 64 characters of a track id, got "a.b"'],
    [['--network', '192.0.2.0/25'], '--network must be an address or a network of whole bytes'],
    [['--network', '192.0.2.1', '--network', '192.0.2.2'], '--network must be an address or a network'],
    [['--key-id', 'A'], '--key-id must be 1 to 16 of a-z and 0-9, got "A"'],
    [['--listener', 'u1', '--listener', 'u2'], '--listener is given twice'],
    [
      Array.from({ length: 40 }, (_, index) => [
        '--track',
        index === 0 ? 'track1' : `a-long-name-${index}`,
      ]).flat(),
      'The terms have more than 512 characters; name fewer tracks, or a set',
    ],
  ])('refuses %j by the name of the flag', async (args, message) => {
    const { exitCode, stdout, stderr } = await run([...SIGN, ...args])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`express-signed-stream: ${message}`)
  })
})
