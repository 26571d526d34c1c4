/** Parses the arguments of one command with Node's `parseArgs`. Errors never show a value: it may be a secret. */
import { parseArgs } from 'node:util'
import type { Input, OptionSpecs } from './command'
import { UsageError } from './usage-error'

/** The options of every command. */
export const COMMON_OPTIONS: OptionSpecs = {
  json: { help: 'print JSON' },
  help: { help: 'print this help' },
}

export type ParsedArguments = Omit<Input, 'operand'>

/** `parseArgs` reads `-abc` as three options, and a hundred thousand of them overflow its stack. */
const MAX_SHORT_OPTIONS = 1000

/** @throws UsageError that names the option */
export function parseArguments(args: readonly string[], specs: OptionSpecs): ParsedArguments {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const group = args.slice(0, end).find(arg => arg.length > MAX_SHORT_OPTIONS && /^-[^-]/.test(arg))
  if (group !== undefined) throw new UsageError(`Unknown option ${group.slice(0, 2)}`)
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(
        Object.entries(specs).map(([name, { value }]) => [
          name,
          { type: value === undefined ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    strict: false,
    tokens: true,
  })

  const options = new Map<string, string>()
  const lists = new Map<string, string[]>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    if (/^secrets?(?:[-_]?key)?$/i.test(name)) throw new UsageError(SECRET_AS_ARGUMENT)
    if (spec === undefined) throw new UsageError(`Unknown option ${rawName}`)
    if (options.has(name) && !spec.isRepeatable) throw new UsageError(`${rawName} is given twice`)
    if (spec.value === undefined) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
    } else if (!value || (!inlineValue && /^-./.test(value))) {
      throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.value}`)
    }
    if (!options.has(name)) options.set(name, value ?? '')
    if (spec.isRepeatable) lists.set(name, [...(lists.get(name) ?? []), value ?? ''])
  }
  return { options, lists, operands }
}

const SECRET_AS_ARGUMENT =
  'Do not pass the secret as an argument, because ps and the history of the shell show it: ' +
  'set SECRET_KEY, or use --secret-file'
