/** What `verify` and `explain` have in common: the options of a server that judges, and its judgement. */
import type { SignatureErrorCode } from '../signing/link-verifier'
import { createVerifier } from '../signing/verifier'
import type { Input, OptionSpecs, World } from './command'
import { readDuration } from './duration'
import { readMoment } from './moment'
import { readSecrets, SECRET_OPTIONS, type NamedSecret } from './secrets'

export const JUDGING_OPTIONS: OptionSpecs = {
  at: { value: '<time>', help: 'judge as if it were then: seconds since the epoch, or 2030-01-31T18:00:00Z' },
  'clock-tolerance': { value: '<duration>', help: "the server's clockTolerance, 0 unless told" },
  'max-ttl': { value: '<duration>', help: "the server's maxTtl, no limit unless told" },
  ...SECRET_OPTIONS,
}

export const JUDGING_NOTES: readonly string[] = [
  'Write the link in quotes: a shell takes & for the end of a command.',
  'Besides the secret, the one in SECRET_KEY_PREVIOUS verifies where it is set, as on the server.',
  'No file is looked at, and no server asked.',
]

/** How a server would judge. */
export interface Circumstances {
  readonly secrets: readonly NamedSecret[]
  /** Seconds since the epoch. */
  readonly now: number
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds. */
  readonly maxTtl: number | undefined
}

export type Judgement =
  | { readonly valid: true; readonly id: string; readonly expires: number; readonly key: string }
  | { readonly valid: false; readonly code: SignatureErrorCode | 'INVALID_ID' }

/** @throws UsageError for an option that cannot be read */
export async function readCircumstances(input: Input, world: World): Promise<Circumstances> {
  const at = input.options.get('at')
  const clockTolerance = input.options.get('clock-tolerance')
  const maxTtl = input.options.get('max-ttl')
  const given = {
    now: at === undefined ? undefined : readMoment('--at', at),
    clockTolerance: clockTolerance === undefined ? 0 : readDuration('--clock-tolerance', clockTolerance),
    maxTtl: maxTtl === undefined ? undefined : readDuration('--max-ttl', maxTtl),
  }
  const secrets = await readSecrets(input, world)
  // The clock comes last: a secret may be typed, which takes a while.
  return { ...given, secrets, now: given.now ?? world.now() }
}

export function judgeLink(link: string, circumstances: Circumstances): Judgement {
  const { secrets, now, clockTolerance, maxTtl } = circumstances
  const secret = secrets.map(({ bytes }) => bytes)
  const verdict = createVerifier({ secret, clockTolerance, maxTtl, now: () => now }).verify(link)
  if (!verdict.valid) return { valid: false, code: verdict.code }
  const { id, expires, keyIndex } = verdict.grant
  return { valid: true, id, expires, key: secrets[keyIndex]?.name ?? '' }
}
