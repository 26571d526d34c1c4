/** The program without the process: from arguments to what is printed. */
import { COMMON_OPTIONS, readArguments } from './arguments'
import type { Command, World } from './command'
import { explain } from './explain'
import { commandHelp, overview, PROGRAM } from './help'
import { keygen } from './keygen'
import { sign } from './sign'
import { UsageError } from './usage-error'
import { verify } from './verify'

export interface Printed {
  readonly exitCode: 0 | 1 | 2
  readonly stdout: string
  readonly stderr: string
}

const COMMANDS: readonly Command[] = [keygen, sign, verify, explain]

/** @param args without the program's own name */
export async function runProgram(args: readonly string[], world: World, version: string): Promise<Printed> {
  try {
    const { exitCode, text } = await answer(args, world, version)
    return { exitCode, stdout: `${text}\n`, stderr: '' }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { exitCode: 2, stdout: '', stderr: `${PROGRAM}: ${error.message}\n` }
  }
}

interface Said {
  readonly exitCode: 0 | 1
  readonly text: string
}

async function answer(args: readonly string[], world: World, version: string): Promise<Said> {
  const [name = '', ...others] = args
  if (name === '--version') return { exitCode: 0, text: version }
  if (name === '--help' || name === '-h') return { exitCode: 0, text: overview(COMMANDS) }
  const command = COMMANDS.find(known => known.name === name)
  if (command === undefined) {
    const names = COMMANDS.map(known => known.name).join(', ')
    // Not shown: it may be a secret, or a link that still opens something.
    const problem = name === '' ? 'Give a command' : 'There is no such command'
    throw new UsageError(`${problem}: ${names}; --help tells more`)
  }

  const specs = { ...command.options, ...COMMON_OPTIONS }
  if (others.includes('--help') || others.includes('-h')) {
    return { exitCode: 0, text: commandHelp(command, specs) }
  }
  const { options, operands } = readArguments(others, specs)
  const { exitCode, text, json } = await command.run(
    { operand: readOperand(command, operands), options },
    world,
  )
  return { exitCode, text: options.has('json') ? JSON.stringify(json) : text }
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
