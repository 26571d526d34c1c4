/** The texts of `--help`, made from what the commands say of themselves. */
import type { Command, OptionSpecs } from './command'

export const PROGRAM = 'express-signed-stream'

const EXIT_CODES = [
  'Exit codes:',
  '  0   done; of verify and explain: the link is valid',
  '  1   the link is refused',
  '  2   called in a wrong way, or without a secret',
  '  70  a fault of this program',
]

export function overview(commands: readonly Command[]): string {
  const calls = commands.map(({ name, operand = '' }) => `${name} ${operand}`.trimEnd())
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    '',
    'Makes and judges links that express-signed-stream serves.',
    '',
    'Commands:',
    ...columns(commands.map(({ summary }, index) => [calls[index] ?? '', summary])),
    '',
    'Options:',
    ...columns([
      ['-h, --help', `print this help; after a command, what it takes`],
      ['--version', 'print the version'],
    ]),
    '',
    'The secret comes from the environment, SECRET_KEY, or from a file, --secret-file; never from an argument.',
    '',
    ...EXIT_CODES,
  ].join('\n')
}

export function commandHelp(command: Command, options: OptionSpecs): string {
  const { name, operand, summary, notes } = command
  const rows = Object.entries(options).map(([option, { value = '', help }]): [string, string] => [
    `${option === 'help' ? '-h, ' : ''}--${option} ${value}`.trimEnd(),
    help,
  ])
  return [
    [`Usage: ${PROGRAM} ${name}`, operand, '[options]'].filter(Boolean).join(' '),
    '',
    `${name}: ${summary}`,
    '',
    'Options:',
    ...columns(rows),
    '',
    ...notes,
    '',
    ...EXIT_CODES,
  ].join('\n')
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
