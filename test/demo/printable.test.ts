import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createLogger } from '../../demo/process/logger'
import { makeTrackDirectory, pathFor, TRACK } from '../support/tracks'
import { runDemo } from './running'

const directory = makeTrackDirectory()
directory.write('track1.mp3', TRACK)
afterAll(directory.remove)

/** All that a terminal obeys, or that changes how a line reads. */
// eslint-disable-next-line no-control-regex -- it is these that must not be there
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** A new title for the window, by U+009B and by ESC; text that runs backwards; lines that nobody logged. */
const EVIL = 'a\u009b2J\u001b]0;owned\u0007\u202egnp.exe\u2066\u200b\r\n{"level":"error"}\u2028b\u0085c\ud800'

function linesOf(
  format: 'json' | 'pretty',
  log: (logger: ReturnType<typeof createLogger>) => void,
): string[] {
  const lines: string[] = []
  log(createLogger({ level: 'debug', format, write: line => lines.push(line) }))
  return lines
}

describe.each(['json', 'pretty'] as const)('the log in %s', format => {
  it.each<[string, (logger: ReturnType<typeof createLogger>) => void]>([
    [
      'a field',
      logger => {
        logger.info({ file_id: EVIL }, 'Streaming request')
      },
    ],
    [
      'the name of a field',
      logger => {
        logger.info({ [EVIL]: 1 }, 'Streaming request')
      },
    ],
    [
      'a nested field',
      logger => {
        logger.info({ a: [{ b: EVIL }] }, 'Streaming request')
      },
    ],
    [
      'a message',
      logger => {
        logger.info({}, EVIL)
      },
    ],
    [
      'the message of an error',
      logger => {
        logger.error({ err: new Error(EVIL) }, 'Request failed')
      },
    ],
    [
      'the cause of an error',
      logger => {
        logger.error({ err: new Error('x', { cause: new Error(EVIL) }) }, 'Request failed')
      },
    ],
  ])('escapes %s', (_what, log) => {
    const lines = linesOf(format, log)
    expect(lines).toHaveLength(1)
    // pino-pretty colours a line by codes of its own on a terminal only.
    expect(lines[0]).not.toMatch(UNPRINTABLE)
    expect(lines[0]).toContain('\\u009b2J')
    expect(lines[0]).toContain('\\u202egnp.exe')
    expect(lines[0]?.split('\n').filter(line => line.startsWith('{"level":"error"}'))).toEqual([])
  })
})

it('has the original text for a parser of its JSON', () => {
  const [line = ''] = linesOf('json', logger => {
    logger.info({ file_id: EVIL }, 'Streaming request')
  })
  expect(JSON.parse(line)).toMatchObject({ file_id: EVIL })
})

it('keeps the lines of a stack trace', () => {
  const [line = ''] = linesOf('pretty', logger => {
    logger.error({ err: new Error('Two\nlines') }, 'Request failed')
  })
  expect(line).toContain('Two\\u000alines')
  expect(line.split('\n').length).toBeGreaterThan(3)
})

it('leaves words of every script as they are', () => {
  const words = 'été 日本語 العربية हिन्दी 🎵'
  const [line] = linesOf('json', logger => {
    logger.info({ words }, words)
  })
  expect(line).toContain(words)
})

it.each(['json', 'pretty'])('shows nothing raw of what a request sends, as %s', async LOG_FORMAT => {
  const lines: string[] = []
  await using demo = await runDemo(
    directory.path,
    { LOG_FORMAT, LOG_LEVEL: 'trace', TRUST_PROXY: '1' },
    lines,
  )
  const evil = '\u009b2J\u0085'
  for (const path of [
    pathFor('track1'),
    '/stream/track1',
    '/stream/%C2%9B?expires=%1B&sig=%E2%80%AE',
    '/%1b%5d',
    '/api/x%0A',
  ]) {
    const socket = connect(demo.port, '127.0.0.1')
    socket.write(
      Buffer.from(
        `GET ${path} HTTP/1.1\r\nHost: a${evil}\r\nRange: bytes=${evil}\r\nX-Forwarded-For: ${evil}\r\nX-Request-Id: ${evil}\r\nReferer: ${evil}\r\nConnection: close\r\n\r\n`,
        'latin1',
      ),
    )
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 /)
  }
  expect(lines.length).toBeGreaterThan(5)
  expect(lines.filter(line => UNPRINTABLE.test(line))).toEqual([])
})
