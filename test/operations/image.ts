/** What `demo/deploy/Dockerfile` makes, made without Docker: its steps, run in a directory of their own. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseDockerfile, textsOf } from './dockerfile'

const PROJECT = join(__dirname, '../..')

export const DEPLOY = join(PROJECT, 'demo/deploy')

export const [BUILD, FINAL] = parseDockerfile(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8'))

export interface Image {
  /** To be removed. */
  readonly directory: string
  /** What the image has at its working directory, which is not inside the project. */
  readonly app: string
}

/** @throws with what a step said where it fails */
export async function makeImage(): Promise<Image> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'image-')))
  const source = join(directory, 'src')
  try {
    for (const { name, text } of BUILD?.instructions ?? []) {
      if (name === 'COPY') copy(text, source)
      if (name === 'RUN') await run(text, source)
    }
  } catch (error) {
    rmSync(directory, { recursive: true })
    throw error
  }
  const app = join(directory, 'app')
  const [copied = ''] = textsOf(FINAL, 'COPY')
  const [, built = ''] = /^--from=build \/src\/(\S+) \.\/$/.exec(copied) ?? []
  cpSync(join(source, built), app, { recursive: true })
  return { directory, app }
}

function copy(text: string, target: string): void {
  const words = text.split(' ')
  const destination = words.pop() ?? ''
  for (const word of words) {
    const to = destination.endsWith('/') ? join(target, destination, word) : join(target, destination)
    cpSync(join(PROJECT, word), to, {
      recursive: true,
      // As Dockerfile.dockerignore has it.
      filter: path => path !== join(PROJECT, 'demo/dist'),
    })
  }
}

async function run(command: string, cwd: string): Promise<void> {
  try {
    await promisify(execFile)('sh', ['-c', command], { cwd, env: environment() })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} fails:\n${stdout}${stderr}`, { cause: error })
  }
}

/** Without what npm and Jest leave for their own children. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(config_local_prefix|package_|lifecycle_)|NODE_ENV$|JEST_)/.test(name),
    ),
  )
}
