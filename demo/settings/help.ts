/** The text of `--help`, and that of `.env.example`. */
import { variables, type Documented } from './variables'

const INDENT = '  '

const rows = Object.entries<Documented>(variables)

export function describeUsage(): string {
  const entries = rows.flatMap(([name, { meaning, otherwise }]) => [
    `${INDENT}${name}`,
    `${INDENT}${INDENT}${meaning}`,
    `${INDENT}${INDENT}Default: ${otherwise}`,
  ])
  return [
    'Serves signed audio at /stream/{id}, and a page that plays it at /.',
    '',
    'Variables of the environment configure it. A file .env in the working directory is read too, if this version of Node',
    'can do that (20.12 or newer). A variable of the environment takes precedence over the file.',
    '',
    ...entries,
    '',
    'On SIGTERM or SIGINT the server drains: it accepts no new connections, responds to new streams with 503, and lets',
    'streams in progress finish. The exit code is 0, even if some had to be disconnected. A second signal exits at once',
    'with code 1. If the server cannot start, it prints one line for each reason and exits with code 1.',
  ].join('\n')
}

/** A `.env` with every variable commented out, and its default if that is a plain value. */
export function describeEnvFile(): string {
  const entries = rows.map(
    ([name, { meaning, otherwise, text }]) =>
      `# ${meaning}\n# Default: ${otherwise}\n# ${name}=${text === otherwise ? text : ''}\n`,
  )
  const head =
    "# Copy this file to .env, and uncomment the lines to change. Put a value with spaces or a # in 'quotes'.\n"
  return [head, ...entries].join('\n')
}
