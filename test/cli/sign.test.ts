import { linkTo, macOf, NOW, run } from './support'

describe('sign', () => {
  it('prints a link alone', async () => {
    const args = ['sign', 'track1', '--expires-in', '1h', '--base-url', 'https://api.example.com/stream/']
    expect(await run(args)).toEqual({ exitCode: 0, stdout: `${linkTo('track1', NOW + 3600)}\n`, stderr: '' })
  })

  it('prints the last segment and the query without a base URL', async () => {
    const { stdout } = await run(['sign', 'piste-été', '--expires-in', '60'])
    const sig = macOf(`piste-été|${NOW + 60}`)
    expect(stdout).toBe(`/piste-%C3%A9t%C3%A9?expires=${NOW + 60}&sig=${sig}\n`)
  })

  it('prints the link and its parts as JSON', async () => {
    const { stdout } = await run([
      'sign',
      'track1',
      '--expires-in',
      '1h',
      '--json',
      '--base-url',
      'https://api.example.com/stream',
    ])
    expect(JSON.parse(stdout)).toEqual({
      url: linkTo('track1', NOW + 3600),
      id: 'track1',
      expires: NOW + 3600,
      expiresAt: '2026-11-22T13:00:00Z',
    })
  })

  it.each([
    ['1', 1],
    ['3600', 3600],
    ['90s', 90],
    ['90m', 5400],
    ['1h', 3600],
    ['1 hour', 3600],
    ['36 hrs', 129_600],
    ['2d', 172_800],
    ['1w', 604_800],
  ])('reads --expires-in %s as %d seconds', async (text, seconds) => {
    const { stdout } = await run(['sign', 'track1', '--expires-in', text])
    expect(stdout).toContain(`expires=${NOW + seconds}&`)
  })

  it.each([
    ['1M'],
    ['1H'],
    ['1h30m'],
    ['1.5h'],
    ['500ms'],
    ['1y'],
    ['1 month'],
    ['one hour'],
    ['1e3'],
    ['0x10'],
    ['١h'],
  ])('refuses --expires-in %s, which may mean something else', async text => {
    const { exitCode, stderr } = await run(['sign', 'track1', '--expires-in', text])
    expect(exitCode).toBe(2)
    expect(stderr).toBe(
      'express-signed-stream: --expires-in must be a number with s, m, h, d or w, such as 90m, ' +
        `or seconds, got "${text}"\n`,
    )
  })

  it.each([
    [String(NOW + 1), NOW + 1],
    ['2026-11-22T13:00:00Z', NOW + 3600],
    ['2026-11-22T13:00Z', NOW + 3600],
    ['2026-11-22T15:00:00+02:00', NOW + 3600],
    ['2026-11-23', NOW + 12 * 3600],
  ])('reads --expires-at %s as %d', async (text, seconds) => {
    const { stdout } = await run(['sign', 'track1', '--expires-at', text])
    expect(stdout).toContain(`expires=${seconds}&`)
  })

  it.each([
    ['2026-11-22T13:00:00', 'must be seconds since the epoch or a date'],
    ['2027-02-30', 'must be seconds since the epoch or a date'],
    ['2027-02-30T00:00:00Z', 'must be seconds since the epoch or a date'],
    ['2027-13-01', 'must be seconds since the epoch or a date'],
    ['tomorrow', 'must be seconds since the epoch or a date'],
    ['11/23/2026', 'must be seconds since the epoch or a date'],
    [`${NOW}000`, 'are these milliseconds?'],
    [String(NOW - 1), 'is past'],
  ])('refuses --expires-at %s', async (text, message) => {
    const { exitCode, stderr } = await run(['sign', 'track1', '--expires-at', text])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^express-signed-stream: --expires-at /)
    expect(stderr).toContain(message)
  })

  it.each([
    [[], 'Give exactly one of --expires-in and --expires-at'],
    [
      ['--expires-in', '1h', '--expires-at', '2030-01-01'],
      'Give exactly one of --expires-in and --expires-at',
    ],
    [['--expires-in', '0'], '--expires-in must be a whole number of seconds, 1 or more, got 0'],
    [['--expires-in', '9999999999w'], '--expires-in is too large for seconds'],
    [
      ['--expires-in', '1h', '--base-url', 'api.example.com'],
      '--base-url must be an http(s) URL or a path, without query and fragment, got "api.example.com"',
    ],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await run(['sign', 'track1', ...args])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`express-signed-stream: ${message}`)
  })

  it.each([
    ['track1.mp3', ': leave out .mp3'],
    ['track1.txt', ''],
    ['a b', ''],
    ['../track1', ''],
  ])('refuses the id %s, which no server accepts', async (id, hint) => {
    expect((await run(['sign', id, '--expires-in', '1h'])).stderr).toBe(
      `express-signed-stream: The id must be 1 to 512 letters, marks, digits, "_" or "-"${hint}\n`,
    )
  })
})
