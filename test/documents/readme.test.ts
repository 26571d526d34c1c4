/** The README: its programs run as they are printed, its tables have all that there is, and it stays short. */
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import * as library from 'express-signed-stream'
import { STREAM_ERROR_CODES } from '../../src/errors'
import { ask } from '../support/client'
import { blocksOf, blockWith, readPage, ROOT, rowsOf, sectionOf } from '../support/printed'
import { createWorkplace } from '../support/printed-program'

const MAX_WORDS = 1300
const readme = readPage('README.md')

describe('the programs of the README', () => {
  const workplace = createWorkplace()
  workplace.add('audio/track1.mp3', join(ROOT, 'audio/morning-tide.mp3'))
  afterAll(workplace.remove)

  it('are all run here', () => {
    expect(blocksOf('README.md').map(({ language }) => language)).toEqual(['sh', 'js', 'sh', 'ts'])
  })

  it('sound: the first one serves a page whose player plays the track, and seeks', async () => {
    await using server = await workplace.start(blockWith('README.md', 'createStreamRouter'))
    const page = await ask(server.port, '/')
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const [, src = ''] = /<audio controls src="([^"]+)"><\/audio>/.exec(page.body.toString()) ?? []
    const whole = await ask(server.port, src)
    expect([whole.status, whole.headers['content-type']]).toEqual([200, 'audio/mpeg'])
    const part = await ask(server.port, src, { headers: { Range: 'bytes=0-2' } })
    expect([part.status, part.body.toString()]).toEqual([206, 'ID3'])
    expect((await ask(server.port, src.replace('track1', 'track2'))).status).toBe(403)
  })

  it('sound in at most 15 lines', () => {
    expect(blockWith('README.md', 'createStreamRouter').trimEnd().split('\n').length).toBeLessThanOrEqual(15)
  })

  it('make a link that says more, and revoke it', async () => {
    const printed = await workplace.run(blockWith('README.md', 'createLinks'))
    expect(printed).toMatch(
      /^\/stream\/track1\?expires=\d+&terms=iat\.\d+\.ses\.14400\.sub\.u42&sig=[0-9a-f]{64} \d+\n$/,
    )
  })

  it('prepare the directory that the server reads', () => {
    const [install = '', start = ''] = blocksOf('README.md', 'sh').map(({ code }) => code)
    // The registry and a song of the reader's are not here; the rest is shell that has to be right.
    execFileSync('sh', ['-n'], { input: `${install}${start}` })
    expect(install).toContain('npm install express express-signed-stream\n')
    expect(install).toMatch(/mkdir -p audio && cp \S+ audio\/track1\.mp3\n/)
    expect(start).toBe('SECRET_KEY=$(openssl rand -hex 32) node server.mjs\n')
  })
})

it('gives a test vector that is right', () => {
  const [, secret = '', id = '', expires = '', sig] =
    /the secret `(\w+)`, the id\n?\s*`(\w+)` and the expiry `(\d+)` give\s+`([0-9a-f]{64})`/.exec(readme) ??
    []
  expect(sig).toBe(createHmac('sha256', secret).update(`${id}|${expires}`).digest('hex'))
})

it('keeps its commands first in "Try it"', () => {
  const commands = Array.from(
    sectionOf('README.md', '## Try it').matchAll(/^ {4}(.+)$/gm),
    ([, line]) => line,
  )
  expect(commands).toEqual(['npm install && npm run demo', 'npm test'])
})

it(`has at most ${MAX_WORDS} words`, () => {
  expect(readme.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(MAX_WORDS)
})

it('lists every code of a refusal once, with its status', () => {
  const listed = rowsOf(sectionOf('README.md', '## Responses')).flatMap(([status = '', codes = '']) =>
    Array.from(codes.matchAll(/`([A-Z_]+)`/g), ([, code = '']) => [code, Number(status)] as const),
  )
  const expected = STREAM_ERROR_CODES.map(code => [code, new library.StreamError(code).status])
  expect([...listed].sort()).toEqual([...expected].sort())
})
