/** Runs a recipe as its users do: its files in a project of their own, in which the package is installed. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { buildSync } from 'esbuild'
import { accepts } from './accepts'
import { build } from './built-package'
import { eventually } from './eventually'
import { freePort } from './free-ports'
import { SECRET } from './tracks'

const ROOT = join(__dirname, '../..')
const ON_NODE = join(ROOT, '.ci/on-node')

export interface RecipeProject {
  readonly path: string
  readonly remove: () => void
}

export interface RunningRecipe extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  /** Sends SIGTERM, and resolves to the exit code when the process has ended; null if the signal ended it. */
  stop(): Promise<number | null>
}

export interface RecipeOptions {
  readonly env?: Readonly<Record<string, string>>
  /** The version of Node that runs the file as it is; without it, this Node runs it, transpiled. */
  readonly node?: string
  /** The port on which it listens; by default, a free one. */
  readonly port?: number
}

/**
 * Installs what the package.json of the recipe names, if it has one.
 *
 * @param packages what the recipe imports besides the package and Express, of those that the tests have
 */
export function makeRecipeProject(recipe: string, packages: readonly string[] = []): RecipeProject {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `recipe-${recipe}-`)))
  cpSync(join(ROOT, 'test/recipes', recipe), path, { recursive: true })
  if (existsSync(join(path, 'package.json'))) {
    const quietly = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--silent']
    execFileSync('npm', ['install', '--prefix', path, ...quietly], { cwd: path })
  }
  const built = build()
  const installed = dirname(dirname(dirname(built.program)))
  buildSync({
    entryPoints: [join(ROOT, 'src/client/index.ts')],
    outfile: join(installed, 'dist/client/index.js'),
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
  })
  const targets = new Map([['express-signed-stream', installed]])
  for (const name of ['express', ...packages]) targets.set(name, join(ROOT, 'node_modules', name))
  for (const [name, target] of targets) {
    const link = join(path, 'node_modules', name)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'junction')
  }
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true })
      built.remove()
    },
  }
}

/** Runs `file` of the directory `project` with a secret and a port, and resolves when it accepts connections. */
export async function startRecipe(
  project: string,
  file: string,
  { env = {}, node, port: given }: RecipeOptions = {},
): Promise<RunningRecipe> {
  const port = given ?? (await freePort())
  const [program, ...args]: [string, ...string[]] =
    node === undefined
      ? [process.execPath, '-r', join(__dirname, 'run-typescript.js'), file]
      : [ON_NODE, node, 'node', file]
  const child = spawn(program, args, {
    cwd: project,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      SECRET_KEY: SECRET,
      PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit') as Promise<[number | null]>
  const said = text(child.stderr)

  async function stop(): Promise<number | null> {
    child.kill()
    const [code] = await exited
    return code
  }
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}: ${await said}`)
    return accepts(port)
  }, `${file} listens`)
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}
