/** Packs the package, and installs it where somebody would use it. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const ROOT = join(__dirname, '../..')

/** Without what npm and Jest leave for their own children. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(config_local_prefix|package_|lifecycle_)|NODE_ENV$|JEST_)/.test(name),
  ),
)

/** @throws Error with all that the program said where it does not end with 0 */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env: environment })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

/** @returns the tarball, which is the first file in `directory` */
export async function pack(directory: string): Promise<string> {
  await run(ROOT, 'npm', 'pack', '--silent', '--pack-destination', directory)
  const [name = ''] = readdirSync(directory)
  return join(directory, name)
}

/** Installs what the project in `directory` asks for, and `packages` besides. */
export async function install(directory: string, ...packages: readonly string[]): Promise<void> {
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent']
  await run(directory, 'npm', 'install', ...quietly, ...packages)
}
