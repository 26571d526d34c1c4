/** The check that `verify` and `explain` share: the options of the server, and its verdict on a link. */
import { isIP } from 'node:net'
import { lastSegment, splitTarget } from '../http/request-target'
import {
  createLinkAuthenticator,
  type AuthenticLink,
  type SignatureErrorCode,
} from '../signing/authenticate-link'
import { readKeyring } from '../signing/keyring'
import { hasExpired, isNetworkAllowed, isTooEarly, livesTooLong } from '../signing/link-checks'
import { isServed } from '../signing/verifier'
import { readTrackAddress } from '../track-address'
import type { Effects, Input, OptionSpecs } from './command'
import { readDuration } from './duration'
import { readSecrets, SECRET_OPTIONS, type NamedSecret } from './secrets'
import { readTime } from './time'
import { UsageError } from './usage-error'

export const CHECK_OPTIONS: OptionSpecs = {
  at: {
    value: '<time>',
    help: 'check the link at this time: seconds since the epoch, or 2030-01-31T18:00:00Z',
  },
  from: { value: '<address>', help: 'check the link for a client with this IP address' },
  'clock-tolerance': { value: '<duration>', help: "the server's clockTolerance, 0 by default" },
  'max-ttl': { value: '<duration>', help: "the server's maxTtl, no limit by default" },
  ...SECRET_OPTIONS,
}

export const CHECK_NOTES: readonly string[] = [
  'Write the link in quotes: in a shell, & ends a command.',
  'If SECRET_KEY_PREVIOUS is set, links signed with that secret are valid too, as on the server.',
  'Opens no audio file and contacts no server: it does not know whether a link was revoked or has been used up, ' +
    'who has begun to play, or which tracks a set has.',
]

/** The server's options, and the request to check. */
export interface CheckOptions {
  readonly secrets: readonly NamedSecret[]
  /** Seconds since the epoch. */
  readonly now: number
  /** Seconds. */
  readonly clockTolerance: number
  /** Seconds. */
  readonly maxTtl: number | undefined
  /** Of the client; undefined if its network is not checked. */
  readonly address: string | undefined
}

export type CheckResult =
  | { readonly kind: 'valid'; readonly link: AuthenticLink; readonly key: string }
  | {
      readonly kind: 'refused'
      readonly code: LinkCode
      /** If the signature is correct. */
      readonly link: AuthenticLink | undefined
      readonly key: string
    }

export type LinkCode = SignatureErrorCode | 'INVALID_ID'

/** @throws UsageError for an option that cannot be read */
export async function readCheckOptions(input: Input, effects: Effects): Promise<CheckOptions> {
  const at = input.options.get('at')
  const clockTolerance = input.options.get('clock-tolerance')
  const maxTtl = input.options.get('max-ttl')
  const given = {
    now: at === undefined ? undefined : readTime('--at', at),
    clockTolerance: clockTolerance === undefined ? 0 : readDuration('--clock-tolerance', clockTolerance),
    maxTtl: maxTtl === undefined ? undefined : readDuration('--max-ttl', maxTtl),
    address: readAddress(input.options.get('from')),
  }
  const secrets = await readSecrets(input, effects)
  // The clock is read last, because typing a secret takes a while.
  return { ...given, secrets, now: given.now ?? effects.now() }
}

function readAddress(text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) !== 0) return text
  throw new UsageError(`--from must be an IPv4 or IPv6 address, got ${JSON.stringify(text)}`)
}

export function checkLink(link: string, options: CheckOptions): CheckResult {
  const { secrets } = options
  const { path, query } = splitTarget(link)
  const address = readTrackAddress(lastSegment(path))
  if (address === undefined || !isServed(address))
    return { kind: 'refused', code: 'INVALID_ID', link: undefined, key: '' }
  const bytes = secrets.map(secret => secret.bytes)
  const authentication = createLinkAuthenticator(readKeyring(bytes, 'the verifier'), 0)(address.id, query)
  if (authentication.kind === 'refused') {
    return { kind: 'refused', code: authentication.code, link: undefined, key: '' }
  }
  const authentic = authentication.link
  const key = secrets[authentic.grant.keyIndex]?.name ?? ''
  const [code] = findProblems(authentic, options)
  return code === undefined
    ? { kind: 'valid', link: authentic, key }
    : { kind: 'refused', code, link: authentic, key }
}

/** What is checked of an authentic link. */
export type CheckedLink = Pick<AuthenticLink, 'grant' | 'scope' | 'unknownTerm'>

/** The code of a check that an authentic link fails; SIGNATURE_INVALID if it does not open the track of its path. */
export type ProblemCode = Extract<
  SignatureErrorCode,
  | 'TERM_UNKNOWN'
  | 'SIGNATURE_NOT_YET_VALID'
  | 'SIGNATURE_EXPIRED'
  | 'SIGNATURE_LIFETIME'
  | 'SIGNATURE_INVALID'
  | 'NETWORK_NOT_ALLOWED'
>

/** The codes of all checks that fail, in the order of a server. What only a server knows is not checked. */
export function findProblems(
  { grant, scope, unknownTerm }: CheckedLink,
  options: Omit<CheckOptions, 'secrets'>,
): readonly ProblemCode[] {
  const { address, clockTolerance, maxTtl = Infinity } = options
  const limits = { clockTolerance, maxTtl }
  // In whole seconds, as on the server.
  const now = Math.floor(options.now)
  const checks: readonly (readonly [ProblemCode, boolean])[] = [
    ['TERM_UNKNOWN', unknownTerm !== undefined],
    ['SIGNATURE_NOT_YET_VALID', isTooEarly(grant, now, limits)],
    ['SIGNATURE_EXPIRED', hasExpired(grant, now, limits)],
    ['SIGNATURE_LIFETIME', livesTooLong(grant, now, limits)],
    ['SIGNATURE_INVALID', scope === 'closed'],
    ['NETWORK_NOT_ALLOWED', address !== undefined && !isNetworkAllowed(grant, address)],
  ]
  return checks.filter(([, fails]) => fails).map(([code]) => code)
}

/** What was not checked of a link: its network without `--from`, or a set of tracks. */
export type Unchecked = 'network' | 'set'

export function listUnchecked(
  { grant, scope }: CheckedLink,
  { address }: CheckOptions,
): readonly Unchecked[] {
  return [
    ...(grant.network !== undefined && address === undefined ? (['network'] as const) : []),
    ...(scope === 'set' ? (['set'] as const) : []),
  ]
}
