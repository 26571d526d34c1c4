/** What `--help` says, and the text of `.env.example`. */
import { variables } from './variables'

const INDENT = '  '

export function describeUsage(): string {
  const entries = Object.entries(variables).flatMap(([name, { meaning, otherwise }]) => [
    `${INDENT}${name}`,
    `${INDENT}${INDENT}${meaning}`,
    `${INDENT}${INDENT}Default: ${otherwise}`,
  ])
  return [
    'Serves signed audio at /stream/{id}, and a page that plays it at /.',
    '',
    'It is configured by the environment. A file .env in the working directory is read first, where the Node has',
    'process.loadEnvFile (20.12 or newer); what the environment has goes before what the file has.',
    '',
    ...entries,
    '',
    'SIGTERM and SIGINT drain: no new connections, 503 for new streams, those under way may finish. The exit code is 0,',
    'also where some had to be cut; a second signal ends at once, with 1. What it cannot start with it names, with 1.',
  ].join('\n')
}

/** A `.env` with every variable, each as it is where nobody sets it. */
export function describeEnvFile(): string {
  const entries = Object.entries(variables).map(
    ([name, { meaning, otherwise, default: value }]) =>
      `# ${meaning}\n# (${otherwise})\n# ${name}=${value === undefined ? '' : otherwise}\n`,
  )
  const head =
    "# Copy to .env, and uncomment what is to differ. A value with spaces or a # stands in 'quotes'.\n"
  return [head, ...entries].join('\n')
}
