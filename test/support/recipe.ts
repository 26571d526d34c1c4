/** Runs a recipe as its users do: its files in a project of their own, in which the package is installed. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildSync } from 'esbuild'
import { build } from './built-package'
import { runRecipe, type RunningRecipe } from './running-recipe'

export type { RunningRecipe }

const ROOT = join(__dirname, '../..')
const ON_NODE = join(ROOT, '.ci/on-node')

export interface RecipeProject {
  readonly path: string
  readonly remove: () => void
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
export function startRecipe(
  project: string,
  file: string,
  { env = {}, node, port }: RecipeOptions = {},
): Promise<RunningRecipe> {
  return runRecipe({
    name: file,
    folder: project,
    command:
      node === undefined
        ? [process.execPath, '-r', join(__dirname, 'run-typescript.js'), file]
        : [ON_NODE, node, 'node', file],
    env: { HOME: process.env['HOME'] ?? '', ...env },
    port,
  })
}
