/** The secrets of a command, from the environment or a file and never from an argument. */
import { isOptionError } from '../options'
import { readKeyring } from '../signing/keyring'
import type { Effects, FileStart, Input, OptionSpecs } from './command'
import { UsageError } from './usage-error'

export interface NamedSecret {
  /** Where it came from, such as `SECRET_KEY`. */
  readonly name: string
  readonly bytes: Buffer
}

/** Much longer than any secret. A longer file is the wrong one, or a device that never ends. */
const MAX_SECRET_BYTES = 64 * 1024

/** The permission bits of everybody but the owner of a file. */
const OTHERS = 0o077

export const SECRET_OPTIONS: OptionSpecs = {
  'secret-file': {
    value: '<path>',
    help: 'read the secret from a file (- is the standard input) of at most 64 KiB; one line break at its end is ignored',
  },
}

/** The secret that signs. @throws UsageError if there is none, or if it is not usable */
export async function readSecret({ options }: Input, effects: Effects): Promise<NamedSecret> {
  const path = options.get('secret-file')
  if (path !== undefined) return checkSecret(await readSecretFile(path, effects))
  const secret = readVariable('SECRET_KEY', effects)
  if (secret === undefined) throw new UsageError('There is no secret: set SECRET_KEY, or use --secret-file')
  return secret
}

/** The secrets that verify; the first is the one that signs. @throws UsageError as `readSecret` */
export async function readSecrets(input: Input, effects: Effects): Promise<readonly NamedSecret[]> {
  const first = await readSecret(input, effects)
  const previous = readVariable('SECRET_KEY_PREVIOUS', effects)
  return previous === undefined ? [first] : [first, previous]
}

function readVariable(name: string, { environment }: Effects): NamedSecret | undefined {
  const text = environment[name]
  return text === undefined || text === '' ? undefined : checkSecret({ name, bytes: Buffer.from(text) })
}

async function readSecretFile(path: string, effects: Effects): Promise<NamedSecret> {
  const name = path === '-' ? 'the standard input' : path
  const { bytes, mode = 0 } = await readStart(path, effects)
  if (bytes.length > MAX_SECRET_BYTES) {
    throw new UsageError(`The secret in ${name} is too large: ${MAX_SECRET_BYTES} bytes at most`)
  }
  if ((mode & OTHERS) !== 0) {
    const digits = mode.toString(8).padStart(4, '0')
    effects.warn(
      `Other users have access to the secret in ${name} (mode ${digits}): restrict it with chmod 600`,
    )
  }
  // Editors and `echo` add a line break that is not part of the secret.
  const end = bytes.length - (/\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0)
  return { name, bytes: bytes.subarray(0, end) }
}

async function readStart(path: string, effects: Effects): Promise<FileStart> {
  try {
    return await effects.read(path, MAX_SECRET_BYTES + 1)
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string }
    // Without the path, which may be the secret itself, given by mistake.
    throw new UsageError(`Cannot read --secret-file: ${code}`, { cause: error })
  }
}

function checkSecret(secret: NamedSecret): NamedSecret {
  if (secret.bytes.length === 0) throw new UsageError(`The secret in ${secret.name} is empty`)
  try {
    readKeyring(secret.bytes, secret.name)
  } catch (error) {
    if (!isOptionError(error)) throw error
    throw new UsageError(`The secret in ${secret.name} ${error.problem}`, { cause: error })
  }
  return secret
}
