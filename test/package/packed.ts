/** Packs the package, and installs it where somebody would use it. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
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

/** Builds and packs into `directory`, which is empty. */
export async function makeTarball(directory: string): Promise<void> {
  await run(ROOT, 'npm', 'pack', '--silent', '--pack-destination', directory)
}

/**
 * Puts the tarball into `directory`, which is empty: that of this run, or a new one outside of the Jest project "package".
 *
 * @returns its path
 */
export async function pack(directory: string): Promise<string> {
  const packed = process.env['PACKED_DIRECTORY']
  if (packed === undefined) await makeTarball(directory)
  const [name = ''] = readdirSync(packed ?? directory)
  if (packed !== undefined) await copyFile(join(packed, name), join(directory, name))
  return join(directory, name)
}

/** Installs what the project in `directory` asks for, and `packages` besides. */
export async function install(directory: string, ...packages: readonly string[]): Promise<void> {
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent']
  await run(directory, 'npm', 'install', ...quietly, ...packages)
}
