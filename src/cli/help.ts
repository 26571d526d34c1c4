/** The texts of `--help`, made from what the commands say of themselves. */
import type { Command, OptionSpecs } from './command'

export const PROGRAM = 'express-signed-stream'

/** Of the narrowest terminal that is common. */
const COLUMNS = 80

const SECRET_NOTE =
  'The secret comes from the environment, SECRET_KEY, or from a file, --secret-file; never from an argument.'

const EXIT_CODES = [
  'Exit codes:',
  '  0   done; of verify and explain: the link is valid',
  '  1   the link is refused',
  '  2   called in a wrong way, or without a secret',
  '  70  a fault of this program',
]

export function overview(commands: readonly Command[]): string[] {
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
    ...wrapped(SECRET_NOTE, COLUMNS),
    '',
    ...EXIT_CODES,
  ]
}

export function commandHelp(command: Command, options: OptionSpecs): string[] {
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
    ...notes.flatMap(note => wrapped(note, COLUMNS)),
    '',
    ...EXIT_CODES,
  ]
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.flatMap(([left, right]) =>
    wrapped(right, COLUMNS - 2 - width).map(
      (line, index) => `  ${(index === 0 ? left : '').padEnd(width)}${line}`,
    ),
  )
}

/** Lines of at most `width` characters, where words allow; what is indented stays as it is. */
function wrapped(text: string, width: number): string[] {
  if (text.startsWith(' ')) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines.splice(-1, 1, `${last} ${word}`)
    else lines.push(word)
  }
  return lines
}
