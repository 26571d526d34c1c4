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

  it.each(['mp3', 'MP3', 'm4b'])('writes --extension %s behind the id, and signs the id', async extension => {
    const { stdout } = await run(['sign', 'track1', '--expires-in', '1h', '--extension', extension])
    const sig = macOf(`track1|${NOW + 3600}`)
    expect(stdout).toBe(`/track1.${extension}?expires=${NOW + 3600}&sig=${sig}\n`)
  })

  it.each([
    ['exe', '"exe"'],
    ['.mp3', '".mp3": write "mp3"'],
  ])('refuses --extension %s', async (extension, shown) => {
    const args = ['sign', 'track1', '--expires-in', '1h', '--extension', extension]
    expect(await run(args)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'express-signed-stream: --extension must be one of mp3, m4a, m4b, mp4, aac, ogg, oga, opus, flac, wav, ' +
        `weba, webm, mka, aif, aiff, caf, got ${shown}\n`,
    })
  })

  it('signs the id of a path', async () => {
    const args = ['sign', '--path', 'Artist/Album/01 Été.flac', '--expires-in', '1h']
    const id = 'Artist--Album--01_Été-2e_flac'
    const sig = macOf(`${id}|${NOW + 3600}`)
    const url = `/Artist--Album--01_%C3%89t%C3%A9-2e_flac?expires=${NOW + 3600}&sig=${sig}`
    expect(await run(args)).toEqual({ exitCode: 0, stdout: `${url}\n`, stderr: '' })
    expect(JSON.parse((await run([...args, '--json'])).stdout)).toEqual({
      url,
      id,
      path: 'Artist/Album/01 Été.flac',
      expires: NOW + 3600,
      expiresAt: '2026-11-22T13:00:00Z',
    })
  })

  it('signs the id of a path with an extension', async () => {
    const args = ['sign', '--path', 'a/01.flac', '--expires-in', '1h', '--extension', 'flac']
    expect((await run(args)).stdout).toMatch(/^\/a--01-2e_flac\.flac\?/)
  })

  it.each([
    ['', '--path needs a value'],
    ['/Artist/01.flac', '--path is absolute'],
    ['../01.flac', '--path has the segment ".."'],
    ['Artist//01.flac', '--path has the segment ""'],
    ['x'.repeat(513), '--path is too long, its id would have more than 512 characters'],
    ['a\0b', '--path contains NUL'],
    ['Artist/cover.jpg', '--path must end in an extension that is served, such as .mp3'],
    ['Artist/Album', '--path must end in an extension that is served, such as .mp3'],
  ])('refuses the path %j', async (path, problem) => {
    const { exitCode, stdout, stderr } = await run(['sign', '--expires-in', '1h', '--path', path])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr.trim()).toMatch(`express-signed-stream: ${problem}`)
  })

  it('refuses an id beside a path', async () => {
    const { exitCode, stderr } = await run(['sign', 'track1', '--path', 'a.mp3', '--expires-in', '1h'])
    expect([exitCode, stderr]).toEqual([2, 'express-signed-stream: Give exactly one of <id> and --path\n'])
  })

  it.each([
    ['track1.mp3', ': leave out .mp3, or write --extension mp3'],
    ['track1.FLAC', ': leave out .flac, or write --extension flac'],
    ['01 - Name.mp3', ': sign the path of a file by --path'],
    ['Artist/Album/01.flac', ': sign the path of a file by --path'],
    ['track1.txt', ''],
    ['a b', ''],
    ['../track1', ''],
  ])('refuses the id %s, which no server accepts', async (id, hint) => {
    expect((await run(['sign', id, '--expires-in', '1h'])).stderr).toBe(
      `express-signed-stream: The id must be 1 to 512 letters, marks, digits, "_" or "-"${hint}\n`,
    )
  })
})
