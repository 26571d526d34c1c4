/**
 * What differs behind nginx, test by test. Such a test must fail, in the way that is written here: a difference that is
 * gone is noticed, and a new one is a failure like any other. To be imported before the suites.
 */
import { stripVTControlCharacters } from 'node:util'

interface Difference {
  readonly because: string
  /** Of the full names of tests. */
  readonly tests: RegExp
  /** Of what the test says when it fails. */
  readonly seen: RegExp
}

const DIFFERENCES: readonly Difference[] = [
  {
    because: 'nginx decodes the path to choose a location, and refuses one that does not decode by itself',
    tests:
      /a path that does not decode|no response holds a stack trace|a parameter that Express cannot decode/,
    seen: /Identifiant invalide[^]*400 Bad Request/,
  },
  {
    because: 'nginx refuses a condition in two lines, which RFC 9110 has in one (section 5.3)',
    tests:
      /in (the (first|second) of )?two lines|two lines of others|(If-(?:Unm|M)odified-Since): [^|]*\| \3:/,
    seen: /Received: 400/,
  },
  {
    because: 'nginx refuses TRACE by itself, with the same status and its own page',
    tests: /: TRACE of/,
    seen: /"allow": undefined/,
  },
  {
    because: 'nginx gives a request its id, and the app the one address that nobody can make up',
    tests: /as tracing and request ids need|behind a trusted proxy/,
    seen: /first[^]*[0-9a-f]{32}|Received: "127\.0\.0\.1"/,
  },
]

type Run = (...args: never[]) => unknown

const met = new Set<Difference>()

/** The reasons of differences that no test has met. */
export function unmetDifferences(): readonly string[] {
  return DIFFERENCES.filter(difference => !met.has(difference)).map(({ because }) => because)
}

function judged(run: Run): (...args: never[]) => Promise<void> {
  return async (...args) => {
    const name = expect.getState().currentTestName ?? ''
    const difference = DIFFERENCES.find(({ tests }) => tests.test(name))
    if (difference === undefined) {
      await run(...args)
      return
    }
    met.add(difference)
    expect(await failureOf(run, args)).toMatch(difference.seen)
  }
}

async function failureOf(run: Run, args: never[]): Promise<string> {
  try {
    await run(...args)
  } catch (error) {
    return stripVTControlCharacters(String(error))
  }
  return 'none: it passes'
}

const plain = it

function itBehindNginx(name: string, run: Run, timeout?: number): void {
  plain(name, judged(run), timeout)
}

function each(table: readonly never[]) {
  return (name: string, run: Run, timeout?: number): void => {
    plain.each(table)(name, judged(run), timeout)
  }
}

globalThis.it = Object.assign(itBehindNginx, plain, { each })
