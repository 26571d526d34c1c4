/** The tables of the documents, against the code: no option, event, outcome or message is missing or invented. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as library from 'express-signed-stream'
import { STREAM_ERROR_CODES } from '../../src/errors'
import { readPage, ROOT, rowsOf, sectionOf } from '../support/printed'

/** The names in the first column of the tables below a heading. */
function namesIn(page: string, heading: string): string[] {
  return rowsOf(sectionOf(page, heading)).flatMap(([cell = '']) =>
    Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name),
  )
}

/** All of the code. */
const code = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => readFileSync(join(ROOT, 'src', name), 'utf8'))
  .join('\n')

/** What follows the names of options in the message of a maker that got an unknown one. */
function knownOptions(make: () => unknown): string[] {
  try {
    make()
  } catch (error) {
    const [, known = ''] = /known are (.+)$/.exec((error as Error).message) ?? []
    return known.split(', ')
  }
  return []
}

const unknown = { misspelt: true } as never

describe('docs/options.md', () => {
  const page = 'docs/options.md'
  const serving = namesIn(page, '## Serving')
  const links = namesIn(page, '## Links')
  const errors = namesIn(page, '## CORS and errors')
  const state = namesIn(page, '## The state of links')

  it('has each option of a handler, a router and rangeStream, and no other', () => {
    const known = new Set([
      ...knownOptions(() => library.createStreamHandler(unknown)),
      ...knownOptions(() => library.rangeStream(unknown)),
      ...knownOptions(() => library.createSigner(unknown)),
    ])
    expect(known.size).toBeGreaterThan(20)
    expect([...serving, ...links, ...errors].sort()).toEqual([...known].sort())
  })

  it('has each option of createLinks', () => {
    const others = ['secret', 'clockTolerance', 'maxTtl', 'baseUrl', 'logger', 'now']
    const known = knownOptions(() => library.createLinks(unknown))
    expect([...state, ...others].sort()).toEqual(known.sort())
  })

  it.each<[string, () => unknown]>([
    ['requireSignedUrl', () => library.requireSignedUrl(unknown)],
    ['streamErrorHandler', () => library.streamErrorHandler(unknown)],
    ['createLinks', () => library.createLinks(unknown)],
    ['createSigner', () => library.createSigner(unknown)],
    ['createVerifier', () => library.createVerifier(unknown)],
  ])('says of %s which options it takes', (name, make) => {
    const [, takes = ''] = rowsOf(readPage(page)).find(([cell]) => cell === `\`${name}\``) ?? []
    const named = Array.from(takes.matchAll(/`(\w+)`/g), ([, option = '']) => option)
    // `createLinks` makes what others take as `links`.
    const fromLinks = takes.includes('(#links)') ? links.filter(option => option !== 'links') : []
    const fromState = takes.includes('(#the-state-of-links)') ? state : []
    expect([...named, ...fromLinks, ...fromState].sort()).toEqual(knownOptions(make).sort())
  })

  it('lists the extensions that are served by default', () => {
    const [, , value = ''] =
      rowsOf(sectionOf(page, '## Serving')).find(([name]) => name === '`extensions`') ?? []
    expect(value).toBe(library.AUDIO_EXTENSIONS.map(extension => `\`${extension}\``).join(', '))
  })

  it('has every option of the README', () => {
    const all = [...serving, ...links, ...errors, ...state]
    const short = namesIn('README.md', '## Options')
    expect(short.length).toBeGreaterThan(15)
    expect(short.filter(name => !all.includes(name))).toEqual([])
  })
})

describe('docs/http.md', () => {
  it('lists every refusal, with its status and its text', () => {
    const rows = rowsOf(sectionOf('docs/http.md', '## Refusals')).filter(([, cell]) =>
      /^`[A-Z_]+`$/.test(cell ?? ''),
    )
    const listed = rows.map(([status, cell = '', , text]) => [cell.replaceAll('`', ''), Number(status), text])
    const expected = STREAM_ERROR_CODES.map(name => {
      const { status, message } = new library.StreamError(name)
      return [name, status, message]
    })
    expect(listed.sort()).toEqual(expected.sort())
  })

  it('shows problem details as they are sent', () => {
    const [, printed = ''] = /```json\n(.*?)```/s.exec(readPage('docs/http.md')) ?? []
    const { message, status } = new library.StreamError('SIGNATURE_EXPIRED')
    expect(JSON.parse(printed)).toEqual({
      type: 'about:blank',
      title: message,
      status,
      code: 'SIGNATURE_EXPIRED',
    })
  })
})

describe('docs/events.md', () => {
  const events = readFileSync(join(ROOT, 'src/events.ts'), 'utf8')

  /** The fields that an interface of events.ts declares itself. */
  function fieldsOf(name: string): string[] {
    const [, body = ''] = new RegExp(`interface ${name}\\b[^{]*\\{(.*?)^\\}`, 'ms').exec(events) ?? []
    return Array.from(body.matchAll(/^ {2}readonly (\w+)/gm), ([, field = '']) => field)
  }

  it('lists every channel', () => {
    expect(namesIn('docs/events.md', '## All routers of the process: channels').slice(1, 8)).toEqual(
      Object.keys(library.STREAM_CHANNELS),
    )
  })

  it.each([
    ['### Fields of all events of a request', ['StreamAttribution'], ['id']],
    ['### Request', ['StreamResponseEvent'], []],
  ])('lists the fields below "%s"', (heading, interfaces, more) => {
    const fields = [...more, ...interfaces.flatMap(fieldsOf)]
    const common = heading === '### Request' ? ['id'] : []
    expect([...common, ...namesIn('docs/events.md', heading)].sort()).toEqual(fields.sort())
  })

  it('lists the fields and the outcomes of a completion', () => {
    const [, union = ''] = /type StreamOutcome =\n(.*?)\n\n/s.exec(events) ?? []
    const outcomes = Array.from(union.matchAll(/'(\w+)'/g), ([, outcome = '']) => outcome)
    expect(outcomes).toContain('complete')
    expect(namesIn('docs/events.md', '### Completion').sort()).toEqual(
      [...fieldsOf('StreamCompletionEvent'), ...outcomes].sort(),
    )
  })

  it.each([
    ['StreamRefusalEvent', '### Refusal'],
    ['StreamReportEvent', '### Report, shared, read, fetch'],
    ['StreamSharedEvent', '### Report, shared, read, fetch'],
    ['StreamReadEvent', '### Report, shared, read, fetch'],
    ['StreamFetchEvent', '### Report, shared, read, fetch'],
  ])('names each field of %s', (name, heading) => {
    const text = sectionOf('docs/events.md', heading)
    const common = ['id', ...fieldsOf('StreamAttribution')]
    expect(fieldsOf(name).filter(field => !common.includes(field) && !text.includes(`\`${field}\``))).toEqual(
      [],
    )
  })

  it('lists messages that are logged, and all of them', () => {
    const listed = rowsOf(sectionOf('docs/events.md', '## Log lines'))
      .filter(([, level = '']) => /^(debug|info|warn|error)/.test(level))
      .flatMap(([cell = '']) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, message = '']) => message))
    expect(listed.filter(message => !code.includes(`'${message}'`))).toEqual([])
    const observer = readFileSync(join(ROOT, 'src/pipeline/observer.ts'), 'utf8')
    const logged = Array.from(
      observer.matchAll(/'([A-Z][a-z]+(?: [a-z]+)+)'/g),
      ([, message = '']) => message,
    )
    const faults = ['A subscriber of a diagnostics channel failed']
    expect(logged.filter(message => !listed.includes(message) && !faults.includes(message))).toEqual([])
  })
})

describe('docs/troubleshooting.md', () => {
  it('quotes messages that there are', () => {
    const quoted = rowsOf(sectionOf('docs/troubleshooting.md', '## It does not start')).map(
      ([cell = '']) => cell.split('`')[1] ?? '',
    )
    const messages = [
      () => library.createStreamRouter({ dir: 'audio', secret: undefined }),
      () => library.createStreamRouter({ dir: 'audio', secret: 'abc' }),
      () => library.createStreamRouter({ dir: 'nowhere', secret: 'x'.repeat(32) }),
      () => library.createStreamRouter(unknown),
      () => sign('track1', { expiresAt: 1_795_727_877_549 }, '/stream'),
      () => sign('2025/11/a', { expiresIn: 60 }, '/stream'),
      () => sign('track1', { expiresIn: 60 }),
    ].map(messageOf)
    const unmet = quoted.slice(2).filter(text => !messages.some(message => message.includes(text)))
    // Of prom-client, and of Node.
    expect(unmet).toEqual(['registry has … already', "Cannot find module 'prom-client'"])
    expect(code).toMatch(/registry has \$\{.*?\} already/)
  })

  function sign(id: string, expiry: library.Expiry, baseUrl?: string): string {
    return library.createSigner({ secret: 'x'.repeat(32), baseUrl }).signUrl(id, expiry)
  }

  function messageOf(make: () => unknown): string {
    try {
      make()
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }

  it('explains codes that there are', () => {
    const codes = Array.from(
      readPage('docs/troubleshooting.md').matchAll(/`([A-Z]+_[A-Z_]+)`/g),
      ([, name]) => name ?? '',
    )
    const listed = codes.filter(name =>
      /^(SIGNATURE|TERM|NETWORK|LINK|SOURCE|STATE|INVALID|NOT_FOUND)/.test(name),
    )
    expect(listed.length).toBeGreaterThan(10)
    expect(listed.filter(name => !(STREAM_ERROR_CODES as readonly string[]).includes(name))).toEqual([])
  })
})
