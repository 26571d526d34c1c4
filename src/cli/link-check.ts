/** The check that `verify` and `explain` share: the options of the server, and its verdict on a link. */
import type { SignatureErrorCode } from '../signing/authenticate-link'
import { createVerifier } from '../signing/verifier'
import type { Effects, Input, OptionSpecs } from './command'
import { readDuration } from './duration'
import { readSecrets, SECRET_OPTIONS, type NamedSecret } from './secrets'
import { readTime } from './time'

export const CHECK_OPTIONS: OptionSpecs = {
  at: {
    value: '<time>',
    help: 'check the link at this time: seconds since the epoch, or 2030-01-31T18:00:00Z',
  },
  'clock-tolerance': { value: '<duration>', help: "the server's clockTolerance, 0 by default" },
  'max-ttl': { value: '<duration>', help: "the server's maxTtl, no limit by default" },
  ...SECRET_OPTIONS,
}

export const CHECK_NOTES: readonly string[] = [
  'Write the link in quotes: in a shell, & ends a command.',
  'If SECRET_KEY_PREVIOUS is set, links signed with that secret are valid too, as on the server.',
  'Opens no audio file and contacts no server.',
]

/** The server's options, and the time of the check. */
export interface CheckOptions {
  readonly secrets: readonly NamedSecret[]
  /** Seconds since the epoch. */
  readonly now: number
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds. */
  readonly maxTtl: number | undefined
}

export type CheckResult =
  | { readonly valid: true; readonly id: string; readonly expires: number; readonly key: string }
  | { readonly valid: false; readonly code: SignatureErrorCode | 'INVALID_ID' }

/** @throws UsageError for an option that cannot be read */
export async function readCheckOptions(input: Input, effects: Effects): Promise<CheckOptions> {
  const at = input.options.get('at')
  const clockTolerance = input.options.get('clock-tolerance')
  const maxTtl = input.options.get('max-ttl')
  const given = {
    now: at === undefined ? undefined : readTime('--at', at),
    clockTolerance: clockTolerance === undefined ? 0 : readDuration('--clock-tolerance', clockTolerance),
    maxTtl: maxTtl === undefined ? undefined : readDuration('--max-ttl', maxTtl),
  }
  const secrets = await readSecrets(input, effects)
  // The clock is read last, because typing a secret takes a while.
  return { ...given, secrets, now: given.now ?? effects.now() }
}

export function checkLink(link: string, options: CheckOptions): CheckResult {
  const { secrets, now, clockTolerance, maxTtl } = options
  const secret = secrets.map(({ bytes }) => bytes)
  const verdict = createVerifier({ secret, clockTolerance, maxTtl, now: () => now }).verify(link)
  if (!verdict.valid) return { valid: false, code: verdict.code }
  const { id, expires, keyIndex } = verdict.grant
  return { valid: true, id, expires, key: secrets[keyIndex]?.name ?? '' }
}
