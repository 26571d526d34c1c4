/** The program without the process: turns arguments into output and an exit code. */
import { toPrintable } from '../http/printable'
import { COMMON_OPTIONS, parseArguments } from './arguments'
import type { Command, Effects, Host, Input, Outcome } from './command'
import { conformance } from './conformance'
import { explain } from './explain'
import { formatCommandHelp, formatOverview, PROGRAM } from './help'
import { keygen } from './keygen'
import { toPrintableJson } from './printable-json'
import { revoke } from './revoke'
import { sign } from './sign'
import { streams } from './streams'
import { UnavailableError } from './unavailable-error'
import { UsageError } from './usage-error'
import { verify } from './verify'

export interface ProgramResult {
  readonly exitCode: 0 | 1 | 2 | 69
  readonly stdout: string
  readonly stderr: string
}

const COMMANDS: readonly Command[] = [keygen, sign, verify, explain, conformance, streams, revoke]

/**
 * Runs one command. All of its output passes through here and is escaped for a terminal here.
 *
 * @param args without the program's own name
 */
export async function runProgram(
  args: readonly string[],
  host: Host,
  version: string,
): Promise<ProgramResult> {
  const warnings: string[] = []
  const effects = {
    ...host,
    now: freezeClock(host.now),
    warn(message: string) {
      warnings.push(message)
    },
  }
  try {
    const { exitCode, lines } = await dispatch(args, effects, version)
    const stdout = lines.map(line => `${toPrintable(line)}\n`).join('')
    return { exitCode, stdout, stderr: warnings.map(formatMessage).join('') }
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnavailableError)) throw error
    const exitCode = error instanceof UsageError ? 2 : UNAVAILABLE
    return { exitCode, stdout: '', stderr: [...warnings, error.message].map(formatMessage).join('') }
  }
}

/** EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE = 69

/** A message may repeat an argument, which may have any length. */
const MAX_MESSAGE = 400

/** A message as one line of the standard error. */
export function formatMessage(message: string): string {
  const ellipsis = message.length > MAX_MESSAGE ? '…' : ''
  return `${PROGRAM}: ${toPrintable(message.slice(0, MAX_MESSAGE))}${ellipsis}\n`
}

/** A clock that always returns the time of its first call, so that all of the output belongs to one time. */
function freezeClock(clock: () => number): () => number {
  let now: number | undefined
  return () => (now ??= clock())
}

async function dispatch(
  args: readonly string[],
  effects: Effects,
  version: string,
): Promise<Omit<Outcome, 'json'>> {
  const [name = '', ...others] = args
  if (name === '--version') return { exitCode: 0, lines: [version] }
  if (name === '--help' || name === '-h') return { exitCode: 0, lines: formatOverview(COMMANDS) }
  const command = COMMANDS.find(known => known.name === name)
  if (command === undefined) {
    const names = COMMANDS.map(known => known.name).join(', ')
    // The name is not shown: it may be a secret, or a link that still opens a track.
    const problem = name === '' ? 'Give a command' : 'Unknown command'
    throw new UsageError(`${problem}: the commands are ${names}; see --help`)
  }

  const specs = { ...command.options, ...COMMON_OPTIONS }
  const own = others.includes('--') ? others.slice(0, others.indexOf('--')) : others
  if (own.includes('--help') || own.includes('-h')) {
    return { exitCode: 0, lines: formatCommandHelp(command, specs) }
  }
  const { options, lists, operands } = parseArguments(others, specs)
  const { exitCode, lines, json } = await command.run(
    { operand: readOperand(command, operands, options), operands, options, lists },
    effects,
  )
  return { exitCode, lines: options.has('json') ? [toPrintableJson(json)] : lines }
}

function readOperand(
  { name, operand, operandOption, takesMany = false }: Command,
  [first, ...others]: readonly string[],
  options: Input['options'],
): string {
  if (operand === undefined) {
    if (first !== undefined) throw new UsageError(`${name} takes no argument`)
    return ''
  }
  if (operandOption !== undefined && options.has(operandOption)) {
    if (first === undefined) return ''
    throw new UsageError(`Give exactly one of ${operand} and --${operandOption}`)
  }
  if (!first) throw new UsageError(`${name} needs an argument: ${name} ${operand}`)
  if (others.length > 0 && !takesMany) throw new UsageError(`${name} takes one argument: ${name} ${operand}`)
  return first
}
