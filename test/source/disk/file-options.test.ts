import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createStreamHandler, rangeStream } from 'express-signed-stream'
import { ask } from '../../support/client'
import { listen } from '../../support/server'
import { makeTrackDirectory, pathFor, SECRET } from '../../support/tracks'

const tracks = makeTrackDirectory()
tracks.write('track1.MP3', 'upper case')
tracks.write('both.mp3', 'lower case')
mkdirSync(join(tracks.path, 'other'))
afterAll(tracks.remove)

describe('The options of files', () => {
  it.each<[string, object, string]>([
    [
      'no directory to link into',
      { linksInto: ['/nowhere'] },
      'linksInto must be a list of existing directories, got "/nowhere", number 1 of the list',
    ],
    [
      'one directory in place of a list',
      { linksInto: tracks.path },
      'linksInto must be a list of existing directories, got ',
    ],
    [
      'a file to link into',
      { linksInto: [tracks.path, join(tracks.path, 'both.mp3')] },
      'number 2 of the list',
    ],
    [
      'no function',
      { resolve: {} },
      'resolve must be a function (id, { signal, grant }) => path, got a value of type object',
    ],
    [
      'no time',
      { resolveTimeout: -1 },
      'resolveTimeout must be a whole number of milliseconds, 0 or more, got -1',
    ],
    ['no answer', { growing: 'yes' }, 'growing must be true or false, got "yes"'],
    ['a directory that no system has', { dir: 'a\0b' }, 'dir must be an existing directory, got "a\\u0000b"'],
  ])('name what is wrong: %s', (_what, options, problem) => {
    expect(() => rangeStream({ dir: tracks.path, ...options })).toThrow(problem)
  })

  it('take a list of no directories to link into, and relative ones', () => {
    expect(() => rangeStream({ dir: tracks.path, linksInto: [] })).not.toThrow()
    expect(() =>
      rangeStream({ dir: tracks.path, linksInto: ['.', join(tracks.path, 'other')] }),
    ).not.toThrow()
  })

  it('serve extensions as they are on disk, in the order of the list', async () => {
    tracks.write('both.MP3', 'upper case too')
    await using server = await listen(
      createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, extensions: ['MP3'] }),
    )
    await using lowerFirst = await listen(
      createStreamHandler({ path: '/stream', dir: tracks.path, secret: SECRET, extensions: ['mp3', 'MP3'] }),
    )
    const answer = await ask(server.port, pathFor('track1'))
    expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([
      200,
      'audio/mpeg',
      'upper case',
    ])
    expect((await ask(server.port, pathFor('both'))).body.toString()).toBe('upper case too')
    expect((await ask(lowerFirst.port, pathFor('both'))).body.toString()).toBe('lower case')
    expect((await ask(lowerFirst.port, pathFor('track1'))).body.toString()).toBe('upper case')
  })
})
