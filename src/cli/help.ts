/** Writes the texts of `--help` from the descriptions of the commands. */
import type { Command, OptionSpecs } from './command'

export const PROGRAM = 'express-signed-stream'

/** Columns of the narrowest terminal in common use. */
const COLUMNS = 80

const SECRET_NOTE =
  'The secret comes from the environment variable SECRET_KEY or from a file (--secret-file), never from an argument.'

const EXIT_CODES = [
  'Exit codes:',
  '  0   success; verify and explain: the link is valid',
  '  1   verify and explain: the link is refused; conformance: a link is wrong;',
  '      revoke: there is no such stream',
  '  2   wrong usage, or no usable secret',
  '  69  streams and revoke: Redis does not respond, or its list is full',
  '  70  internal error, or the output cannot be written',
]

export function formatOverview(commands: readonly Command[]): string[] {
  const calls = commands.map(({ name, operand = '' }) => `${name} ${operand}`.trimEnd())
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    '',
    'Makes, checks and takes back the signed links that express-signed-stream serves.',
    '',
    'Commands:',
    ...formatTable(commands.map(({ summary }, index) => [calls[index] ?? '', summary])),
    '',
    'Options:',
    ...formatTable([
      ['-h, --help', 'print this help; after a command, print its options'],
      ['--version', 'print the version'],
    ]),
    '',
    ...wrapText(SECRET_NOTE, COLUMNS),
    '',
    ...EXIT_CODES,
  ]
}

export function formatCommandHelp(command: Command, options: OptionSpecs): string[] {
  const { name, operand, takesMany = false, summary, notes } = command
  const usage = takesMany ? ['[options]', operand] : [operand, '[options]']
  const rows = Object.entries(options).map(([option, { value = '', help }]): [string, string] => [
    `${option === 'help' ? '-h, ' : ''}--${option} ${value}`.trimEnd(),
    help,
  ])
  return [
    [`Usage: ${PROGRAM} ${name}`, ...usage].filter(Boolean).join(' '),
    '',
    `${name}: ${summary}`,
    '',
    'Options:',
    ...formatTable(rows),
    '',
    ...notes.flatMap(note => wrapText(note, COLUMNS)),
    '',
    ...EXIT_CODES,
  ]
}

function formatTable(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.flatMap(([left, right]) =>
    wrapText(right, COLUMNS - 2 - width).map(
      (line, index) => `  ${(index === 0 ? left : '').padEnd(width)}${line}`,
    ),
  )
}

/** Lines of at most `width` characters; a longer word has a line of its own. Indented text is not wrapped. */
function wrapText(text: string, width: number): string[] {
  if (text.startsWith(' ')) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines.splice(-1, 1, `${last} ${word}`)
    else lines.push(word)
  }
  return lines
}
