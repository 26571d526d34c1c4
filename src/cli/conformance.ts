/** Checks a signer in any language by the vectors of the package, and explains the first link that is wrong. */
import type { Command } from './command'
import { explainDifference } from './conformance/difference'
import { checkLine, linkOfLine } from './conformance/check-line'
import { readSignVectors, type SignVector } from './conformance/sign-vectors'
import { readDuration } from './duration'
import type { ChildEnd, ChildRun } from './run-child'
import { UsageError } from './usage-error'

/** Seconds. A compiler may run first. */
const TIMEOUT = 60
const LONGEST_TIMEOUT = 3600

/** Bytes: about twenty times what a signer has to write. */
const MAX_OUTPUT = 512 * 1024

export const conformance: Command = {
  name: 'conformance',
  summary: 'check a signer in any language, and explain its first mistake',
  operand: '-- <program>',
  takesMany: true,
  options: {
    timeout: { value: '<duration>', help: `how long the program may run, ${TIMEOUT}s by default` },
  },
  notes: [
    'Starts the program, without a shell, with all that follows it as its arguments:',
    '  express-signed-stream conformance -- php sign.php',
    'For each link it reads one line of JSON from its standard input, until that ends:',
    '  {"secret":"…","baseUrl":"…","id":"track1","expires":1609459200,',
    '   "terms":[["sub","u42"],["iat","1609455600"]]}',
    'For each it writes one line: the link, or JSON with the field url. Secrets are text, not hexadecimal digits.',
    'The inputs and links are those of vectors/sign.json in the package.',
  ],
  async run({ operands, options }, effects) {
    const [program = '', ...args] = operands
    const seconds = readTimeout(options.get('timeout'))
    const vectors = readSignVectors(await effects.readSignVectors())
    const input = vectors.map(vector => `${JSON.stringify(vector.input)}\n`).join('')
    const run = await effects.runChild(program, args, input, { seconds, maxBytes: MAX_OUTPUT })
    if (run.end.kind === 'not-started') throw new UsageError(`Cannot start the program: ${run.end.code}`)
    const report = compare(run, vectors, seconds)
    return { exitCode: report.passed ? 0 : 1, lines: formatReport(report), json: report }
  },
}

function readTimeout(text: string | undefined): number {
  const seconds = text === undefined ? TIMEOUT : readDuration('--timeout', text)
  if (seconds >= 1 && seconds <= LONGEST_TIMEOUT) return seconds
  throw new UsageError(`--timeout must be from 1s to 1h`)
}

interface Report {
  readonly passed: boolean
  readonly tests: number
  /** How many links are right. */
  readonly right: number
  /** How many of them are spelled in another way that servers accept. */
  readonly respelled: number
  /** What is wrong with the run as a whole. */
  readonly problem: string | undefined
  readonly first: Difference | undefined
  /** The last lines of the program's standard error. */
  readonly stderr: readonly string[]
}

interface Difference extends SignVector {
  readonly got: string
  readonly findings: readonly string[]
}

/** Characters of a line that is shown: more than the longest link has. */
const MAX_SHOWN = 2048

function compare({ end, stdout, stderr }: ChildRun, vectors: readonly SignVector[], seconds: number): Report {
  const lines = stdout.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const verdicts = vectors.map((vector, index) => {
    const line = lines[index]
    return line === undefined ? undefined : checkLine(line, vector)
  })
  const wrong = verdicts.indexOf('different')
  const [vector, line] = [vectors[wrong], lines[wrong]]
  const problem = describeEnd(end, seconds) ?? describeCount(lines.length, vectors.length)
  return {
    passed: wrong === -1 && problem === undefined,
    tests: vectors.length,
    right: verdicts.filter(verdict => verdict === 'same' || verdict === 'respelled').length,
    respelled: verdicts.filter(verdict => verdict === 'respelled').length,
    problem,
    first:
      vector === undefined || line === undefined
        ? undefined
        : {
            ...vector,
            got: linkOfLine(line).slice(0, MAX_SHOWN),
            findings: explainDifference(line.slice(0, MAX_SHOWN), vector, vectors),
          },
    stderr: stderr.trimEnd() === '' ? [] : stderr.trimEnd().split('\n'),
  }
}

function describeEnd(end: ChildEnd, seconds: number): string | undefined {
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? undefined : `The program exited with ${end.code}`
    case 'killed':
      return `The program was ended by ${end.signal}`
    case 'timeout':
      return `The program ran for more than ${seconds} seconds: it must end when its input ends`
    case 'flooded':
      return `The program wrote more than ${MAX_OUTPUT} bytes: it must write one line for each input`
    case 'not-started':
      return 'The program did not start'
  }
}

function describeCount(lines: number, inputs: number): string | undefined {
  return lines === inputs
    ? undefined
    : `The program wrote ${lines} lines for ${inputs} inputs: it must write one line for each`
}

function formatReport({ passed, tests, right, respelled, problem, first, stderr }: Report): string[] {
  if (passed) {
    return [
      `Passed: all ${tests} links are right${respelled === 0 ? '' : `, ${respelled} in another spelling`}`,
    ]
  }
  return [
    `Failed: ${right} of ${tests} links are right`,
    ...(problem === undefined ? [] : [`- ${problem}`]),
    ...(first === undefined ? [] : formatDifference(first)),
    ...(stderr.length === 0 ? [] : ['The end of its standard error:', ...stderr.map(line => `  | ${line}`)]),
  ]
}

function formatDifference({ tcId, comment, input, signedText, url, got, findings }: Difference): string[] {
  return [
    `The first wrong link is number ${tcId}: ${comment}`,
    `  input        ${JSON.stringify(input)}`,
    `  signed text  ${signedText}`,
    `  expected     ${url}`,
    `  got          ${got === '' ? '(an empty line)' : got}`,
    ...findings.map(text => `- ${text}`),
  ]
}
