/** The secrets of a command: from the environment or a file, never from an argument. */
import { readKeyring } from '../signing/keyring'
import type { FileStart, Input, OptionSpecs, World } from './command'
import { UsageError } from './usage-error'

export interface NamedSecret {
  /** Where it came from, such as `SECRET_KEY`. */
  readonly name: string
  readonly bytes: Buffer
}

/** Far beyond any secret; what is longer is another file, or a device without an end. */
const MAX_SECRET_BYTES = 64 * 1024

/** What the system lets others than the owner of a file do with it. */
const OTHERS = 0o077

export const SECRET_OPTIONS: OptionSpecs = {
  'secret-file': {
    value: '<path>',
    help: 'read the secret from a file, - for the standard input; one line break at its end is left out, and 64 KiB are the most',
  },
}

/** The secret that signs. @throws UsageError where there is none that would do */
export async function readSecret({ options }: Input, world: World): Promise<NamedSecret> {
  const path = options.get('secret-file')
  if (path !== undefined) return judged(await readSecretFile(path, world))
  const secret = fromEnvironment('SECRET_KEY', world)
  if (secret === undefined) {
    throw new UsageError('There is no secret: set SECRET_KEY, or name a file by --secret-file')
  }
  return secret
}

/** The secrets that verify, the one that signs first. @throws UsageError where there is none that would do */
export async function readSecrets(input: Input, world: World): Promise<readonly NamedSecret[]> {
  const first = await readSecret(input, world)
  const previous = fromEnvironment('SECRET_KEY_PREVIOUS', world)
  return previous === undefined ? [first] : [first, previous]
}

function fromEnvironment(name: string, { environment }: World): NamedSecret | undefined {
  const text = environment[name]
  return text === undefined || text === '' ? undefined : judged({ name, bytes: Buffer.from(text) })
}

async function readSecretFile(path: string, world: World): Promise<NamedSecret> {
  const name = path === '-' ? 'the standard input' : path
  const { bytes, mode = 0 } = await readStart(path, world)
  if (bytes.length > MAX_SECRET_BYTES) {
    throw new UsageError(`The secret in ${name} is too large: ${MAX_SECRET_BYTES} bytes at most`)
  }
  if ((mode & OTHERS) !== 0) {
    const digits = mode.toString(8).padStart(4, '0')
    world.warn(
      `Other users have access to the secret in ${name} (mode ${digits}): restrict it with chmod 600`,
    )
  }
  // Editors and `echo` end a file so; the secret that was meant does not hold it.
  const end = bytes.length - (/\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0)
  return { name, bytes: bytes.subarray(0, end) }
}

async function readStart(path: string, world: World): Promise<FileStart> {
  try {
    return await world.read(path, MAX_SECRET_BYTES + 1)
  } catch (error) {
    const { code = 'an unknown fault' } = error as { code?: string }
    // Not the path: it may be the secret, given by mistake.
    throw new UsageError(`Cannot read --secret-file: ${code}`, { cause: error })
  }
}

function judged(secret: NamedSecret): NamedSecret {
  if (secret.bytes.length === 0) throw new UsageError(`The secret in ${secret.name} is empty`)
  try {
    readKeyring(secret.bytes, secret.name)
  } catch (error) {
    throw new UsageError((error as Error).message.replace(/^Cannot make /, ''), { cause: error })
  }
  return secret
}
