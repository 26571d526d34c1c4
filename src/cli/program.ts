/** The program without the process: from arguments to what is printed. */
import { COMMON_OPTIONS, readArguments } from './arguments'
import type { Command, Host, World } from './command'
import { explain } from './explain'
import { commandHelp, overview, PROGRAM } from './help'
import { keygen } from './keygen'
import { printable, printableJson } from './printable'
import { sign } from './sign'
import { UsageError } from './usage-error'
import { verify } from './verify'

export interface Printed {
  readonly exitCode: 0 | 1 | 2
  readonly stdout: string
  readonly stderr: string
}

const COMMANDS: readonly Command[] = [keygen, sign, verify, explain]

/**
 * Whatever a command prints leaves by this function, and is made safe for a terminal here.
 *
 * @param args without the program's own name
 */
export async function runProgram(args: readonly string[], host: Host, version: string): Promise<Printed> {
  const warnings: string[] = []
  const world = {
    ...host,
    now: stopped(host.now),
    warn(message: string) {
      warnings.push(message)
    },
  }
  try {
    const { exitCode, lines } = await answer(args, world, version)
    const stdout = lines.map(line => `${printable(line)}\n`).join('')
    return { exitCode, stdout, stderr: warnings.map(inOneLine).join('') }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { exitCode: 2, stdout: '', stderr: [...warnings, error.message].map(inOneLine).join('') }
  }
}

/** An argument that is repeated in a message may have any length. */
const MAX_MESSAGE = 400

/** A message of the program, as it stands on the standard error. */
export function inOneLine(message: string): string {
  const cut = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message
  return `${PROGRAM}: ${printable(cut)}\n`
}

/** A clock that shows the time of the first look at it. */
function stopped(clock: () => number): () => number {
  let now: number | undefined
  return () => (now ??= clock())
}

interface Said {
  readonly exitCode: 0 | 1
  readonly lines: readonly string[]
}

async function answer(args: readonly string[], world: World, version: string): Promise<Said> {
  const [name = '', ...others] = args
  if (name === '--version') return { exitCode: 0, lines: [version] }
  if (name === '--help' || name === '-h') return { exitCode: 0, lines: overview(COMMANDS) }
  const command = COMMANDS.find(known => known.name === name)
  if (command === undefined) {
    const names = COMMANDS.map(known => known.name).join(', ')
    // Not shown: it may be a secret, or a link that still opens something.
    const problem = name === '' ? 'Give a command' : 'There is no such command'
    throw new UsageError(`${problem}: ${names}; --help tells more`)
  }

  const specs = { ...command.options, ...COMMON_OPTIONS }
  if (others.includes('--help') || others.includes('-h')) {
    return { exitCode: 0, lines: commandHelp(command, specs) }
  }
  const { options, operands } = readArguments(others, specs)
  const { exitCode, lines, json } = await command.run(
    { operand: readOperand(command, operands), options },
    world,
  )
  return { exitCode, lines: options.has('json') ? [printableJson(json)] : lines }
}

function readOperand({ name, operand }: Command, [first, ...others]: readonly string[]): string {
  if (operand === undefined) {
    if (first !== undefined) throw new UsageError(`${name} takes no argument`)
    return ''
  }
  if (!first) throw new UsageError(`${name} needs an argument: ${name} ${operand}`)
  if (others.length > 0) throw new UsageError(`${name} takes one argument: ${name} ${operand}`)
  return first
}
