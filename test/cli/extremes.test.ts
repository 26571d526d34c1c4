/** Extreme arguments: each leads to a verdict or a usage error, and none to an internal error. */
import { linkTo, NOW, run } from './support'

const link = linkTo('track1')

describe('times and durations', () => {
  it.each([
    ['--at', '0', 0],
    ['--at', '100000000000', 1],
    ['--at', '100000000001', 2],
    ['--at', '9'.repeat(16), 2],
    ['--at', '9'.repeat(100_000), 2],
    ['--at', '0000-01-01', 0],
    ['--at', '9999-12-31T23:59:59+23:59', 2],
    ['--at', '2030-01-01T24:00:00Z', 1],
    ['--at', '2030-01-01T25:00:00Z', 2],
    ['--at', '-1', 2],
    ['--at=-1', '', 2],
    ['--at', 'Infinity', 2],
    ['--at', 'NaN', 2],
    ['--clock-tolerance', '0', 0],
    ['--clock-tolerance', '9999999999w', 0],
    ['--clock-tolerance', '9'.repeat(11), 2],
    ['--max-ttl', '0', 1],
    ['--max-ttl', '9999999999w', 0],
    ['--max-ttl', '9'.repeat(100_000), 2],
  ])('%s %.40s', async (option, value, exitCode) => {
    for (const command of ['verify', 'explain']) {
      const printed = await run([command, link, option, ...(value === '' ? [] : [value])])
      expect(printed.exitCode).toBe(exitCode)
    }
  })

  it.each([0, 1, NOW, 99_999_999_999, 100_000_000_000, 8.64e12, 8.64e12 + 1, Number.MAX_SAFE_INTEGER])(
    'an expiry of %d',
    async expires => {
      for (const at of [[], ['--at', '0'], ['--at', '0000-01-01'], ['--at', '100000000000']]) {
        const { stdout } = await run(['explain', linkTo('track1', expires), ...at])
        expect(stdout).toContain('- The signature is correct: "track1"')
      }
    },
  )
})

describe('arguments of any size', () => {
  const HUGE = 120_000

  it.each([
    ['short options', ['keygen', `-${'x'.repeat(HUGE)}`], 'Unknown option -x'],
    ['a long option', ['keygen', `--${'x'.repeat(HUGE)}`], 'Unknown option --xxx'],
    ['a duration', ['sign', 'track1', '--expires-in', '1'.repeat(HUGE)], '--expires-in must be'],
    ['a time', ['sign', 'track1', '--expires-at', 'x'.repeat(HUGE)], '--expires-at must be'],
    ['an id', ['sign', 'x'.repeat(HUGE), '--expires-in', '1h'], 'The id must be 1 to 512'],
    ['an id of dots', ['sign', '.'.repeat(HUGE), '--expires-in', '1h'], 'The id must be 1 to 512'],
    [
      'a base URL',
      ['sign', 'track1', '--expires-in', '1h', '--base-url', `/${'/'.repeat(HUGE)}x`],
      '--base-url must have at most 2048 characters, got 120002',
    ],
    ['many arguments', ['verify', ...Array<string>(10_000).fill(link)], 'verify takes one argument'],
    ['a command', ['x'.repeat(HUGE)], 'Unknown command'],
  ])('are refused with one short line: %s', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await run(args)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^express-signed-stream: .{1,401}\n$/)
    expect(stderr).toContain(message)
  })

  it('are read after two dashes as they are', async () => {
    const { stdout } = await run(['verify', '--', `-${'x'.repeat(HUGE)}`])
    expect(stdout).toBe('INVALID_ID\n')
  })
})
