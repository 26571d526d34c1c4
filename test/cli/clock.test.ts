/** A clock that moves on at each look: all that a command prints belongs to one moment. */
import { isoDate } from '../../src/cli/moment'
import { linkTo, NOW, run } from './support'

function moving() {
  let looks = 0
  return {
    now: () => NOW + 10 * looks++,
    get looks() {
      return looks
    },
  }
}

it.each([
  ['--expires-in', '1h', NOW + 3600],
  ['--expires-at', String(NOW + 5), NOW + 5],
])('sign %s prints the expiry of its own link', async (option, value, expires) => {
  const clock = moving()
  const { stdout } = await run(['sign', 'track1', option, value, '--json'], { host: { now: clock.now } })
  const printed = JSON.parse(stdout) as { url: string; expires: number; expiresAt: string }
  expect(printed.expires).toBe(expires)
  expect(new URL(printed.url, 'http://localhost').searchParams.get('expires')).toBe(String(expires))
  expect(printed.expiresAt).toBe(isoDate(expires))
  expect(clock.looks).toBe(1)
})

it.each([
  ['verify', linkTo('track1', NOW), 'VALID\n'],
  ['explain', linkTo('track1', NOW), /^Valid\n.*\n- It is good until 2026-11-22T12:00:00Z, now\n$/],
  [
    'explain',
    linkTo('track1', NOW - 1),
    /^Refused: SIGNATURE_EXPIRED\n.*\n- It expired at .*, 1 second ago\n$/,
  ],
])('%s looks at the clock once', async (command, link, stdout) => {
  const clock = moving()
  const printed = await run([command, link], { host: { now: clock.now } })
  expect(printed.stdout).toEqual(typeof stdout === 'string' ? stdout : expect.stringMatching(stdout))
  expect(clock.looks).toBe(1)
})

it('verify looks at the clock once the secret is there, which may be typed', async () => {
  let now = NOW
  function read() {
    now += 60
    return Promise.resolve({ bytes: Buffer.from('0123456789abcdef0123456789abcdef'), mode: undefined })
  }
  const { stdout } = await run(['verify', linkTo('track1', NOW), '--secret-file', '-'], {
    host: { now: () => now, read },
  })
  expect(stdout).toBe('SIGNATURE_EXPIRED\n')
})
