/** With a clock that moves forward at each call, everything that a command prints belongs to one time. */
import { formatDate } from '../../src/cli/time'
import { linkTo, NOW, run } from './support'

function movingClock() {
  let calls = 0
  return {
    now: () => NOW + 10 * calls++,
    get calls() {
      return calls
    },
  }
}

it.each([
  ['--expires-in', '1h', NOW + 3600],
  ['--expires-at', String(NOW + 5), NOW + 5],
])('sign %s prints the expiry of its own link', async (option, value, expires) => {
  const clock = movingClock()
  const { stdout } = await run(['sign', 'track1', option, value, '--json'], { host: { now: clock.now } })
  const printed = JSON.parse(stdout) as { url: string; expires: number; expiresAt: string }
  expect(printed.expires).toBe(expires)
  expect(new URL(printed.url, 'http://localhost').searchParams.get('expires')).toBe(String(expires))
  expect(printed.expiresAt).toBe(formatDate(expires))
  expect(clock.calls).toBe(1)
})

it.each([
  ['verify', linkTo('track1', NOW), 'VALID\n'],
  ['explain', linkTo('track1', NOW), /^Valid\n.*\n- The link is valid until 2026-11-22T12:00:00Z, now\n$/],
  [
    'explain',
    linkTo('track1', NOW - 1),
    /^Refused: SIGNATURE_EXPIRED\n.*\n- The link expired at .*, 1 second ago\n$/,
  ],
])('%s reads the clock once', async (command, link, stdout) => {
  const clock = movingClock()
  const printed = await run([command, link], { host: { now: clock.now } })
  expect(printed.stdout).toEqual(typeof stdout === 'string' ? stdout : expect.stringMatching(stdout))
  expect(clock.calls).toBe(1)
})

it('verify reads the clock after the secret, which may have to be typed', async () => {
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
