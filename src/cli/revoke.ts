/** Takes links back on all nodes of a running server, or ends one stream. */
import { isOptionError } from '../options'
import {
  CLOCK_DIFFERENCE,
  toRevocation,
  type RevocationTarget,
  type RevokedLink,
} from '../links/revocation-target'
import type { RevocationEntry } from '../links/state/link-state'
import { isTrackId, TRACK_ID_RULE } from '../track-id'
import type { Command, Effects, Input } from './command'
import { readDuration } from './duration'
import { checkLink } from './link-check'
import { readCount, readOptional } from './option-values'
import { isEndedBy, readStreams } from './published-streams'
import { readSecrets, SECRET_OPTIONS } from './secrets'
import { REDIS_NOTES, REDIS_OPTIONS, withSharedState } from './shared-links'
import { formatDate, readTime } from './time'
import { UsageError } from './usage-error'

/** What to revoke, by the flag. */
const TARGETS = ['link', 'link-id', 'listener', 'track', 'key-id', 'before', 'stream'] as const

type Target = (typeof TARGETS)[number]

/** The defaults of `createLinks`. */
const MAX_SESSION = 43_200
const MAX_REVOCATIONS = 100_000

/** Seconds for which nodes that read late find an entry for a stream. */
const STREAM_ENTRY = 300

export const revoke: Command = {
  name: 'revoke',
  summary: 'take back links of a running server, or end a stream',
  options: {
    link: { value: '<url>', help: 'take back this link, which must be signed with the secret' },
    'link-id': { value: '<name>', help: 'take back the link of this name' },
    listener: { value: '<name>', help: 'take back all links of this listener' },
    track: { value: '<id>', help: 'take back all links to this track' },
    'key-id': { value: '<name>', help: 'take back all links of the secret with this name' },
    before: { value: '<time>', help: 'take back all links that were signed at this time or earlier' },
    stream: { value: '<id>', help: 'end this stream, as streams lists it, and take nothing back' },
    'keep-streams': { help: 'let the streams in progress go on' },
    'dry-run': { help: 'take nothing back, and print how many streams would end' },
    until: {
      value: '<time>',
      help: 'when the server may forget it, because no such link is valid any more',
    },
    'max-ttl': {
      value: '<duration>',
      help: "the server's maxTtl, from which the same follows; without both it is kept for good",
    },
    'max-session': { value: '<duration>', help: "the server's sessions.max, 12h by default" },
    'max-revocations': { value: '<count>', help: "the server's maxRevocations, 100000 by default" },
    ...REDIS_OPTIONS,
    ...SECRET_OPTIONS,
  },
  notes: [
    'Streams in progress end within 2 seconds. Links that are signed later stay valid. A link without the time of ' +
      'signing counts as signed long ago. Only --link needs the secret.',
    ...REDIS_NOTES,
  ],
  async run(input, effects) {
    const { options } = input
    const target = readTarget(options)
    const entry = await readEntry(target, input, effects)
    const isDryRun = options.has('dry-run')
    const max = readCount('max-revocations', options) ?? MAX_REVOCATIONS
    const count = await withSharedState(input, effects, async state => {
      const ended = (await readStreams(state)).filter(stream => isEndedBy(entry, stream)).length
      if (entry.kind === 'stream' && ended === 0) return 0
      if (!isDryRun) await state.revocations.add(entry, { max, now: Math.floor(effects.now()) })
      return ended
    })
    if (entry.kind === 'stream' && count === 0) {
      const json = { revoked: false, ...toJson(entry), streams: 0 }
      return { exitCode: 1, lines: ['There is no such stream in progress'], json }
    }
    return {
      exitCode: 0,
      lines: [describe(target, entry, isDryRun), describeStreams(count, entry, isDryRun)],
      json: { revoked: !isDryRun, ...toJson(entry), streams: count },
    }
  },
}

/** @throws UsageError unless exactly one is given */
function readTarget(options: Input['options']): Target {
  const [target, ...others] = TARGETS.filter(flag => options.has(flag))
  if (target !== undefined && others.length === 0) return target
  const flags = TARGETS.map(flag => `--${flag}`)
  throw new UsageError(`Give exactly one of ${flags.slice(0, -1).join(', ')} and ${flags.at(-1)}`)
}

async function readEntry(target: Target, input: Input, effects: Effects): Promise<RevocationEntry> {
  const { options } = input
  const value = options.get(target) ?? ''
  const until = readOptional('until', options, readTime)
  const maxTtl = readOptional('max-ttl', options, readDuration) ?? Infinity
  const maxSession = readOptional('max-session', options, readDuration) ?? MAX_SESSION
  const before = target === 'before' ? readTime('--before', value) : 0
  if (target === 'track' && !isTrackId(value)) throw new UsageError(`--track must be ${TRACK_ID_RULE}`)
  const link = target === 'link' ? await readLink(value, maxSession, input, effects) : undefined
  const now = Math.floor(effects.now())
  if (target === 'stream') {
    return { kind: 'stream', value, before: now, until: now + STREAM_ENTRY, endsStreams: true }
  }
  try {
    return toRevocation(
      targetOf(target, value, before),
      { until, endsStreams: !options.has('keep-streams') },
      { now, longestLife: maxTtl + maxSession + CLOCK_DIFFERENCE, readLink: () => link },
    )
  } catch (error) {
    if (isOptionError(error)) throw new UsageError(`--${target} ${error.problem}`, { cause: error })
    throw error
  }
}

function targetOf(target: Exclude<Target, 'stream'>, value: string, before: number): RevocationTarget {
  switch (target) {
    case 'link':
      return { link: value }
    case 'link-id':
      return { linkId: value }
    case 'listener':
      return { listener: value }
    case 'track':
      return { track: value }
    case 'key-id':
      return { keyId: value }
    case 'before':
      return { before }
  }
}

/** Undefined for what is not signed with one of the secrets. */
async function readLink(
  url: string,
  maxSession: number,
  input: Input,
  effects: Effects,
): Promise<RevokedLink | undefined> {
  const secrets = await readSecrets(input, effects)
  const options = { secrets, now: 0, clockTolerance: 0, maxTtl: undefined, address: undefined }
  const { link } = checkLink(url, options)
  if (link === undefined) return undefined
  const { expires, playFor = maxSession, signedAt } = link.grant
  return { name: link.name, signedAt, playUntil: expires + playFor + CLOCK_DIFFERENCE }
}

function toJson({ kind, value, before, until, endsStreams }: RevocationEntry): object {
  return { kind, value, before, until, endsStreams }
}

function describe(target: Target, { value, before, until }: RevocationEntry, isDryRun: boolean): string {
  const verb = isDryRun ? 'Would revoke' : 'Revoked'
  if (target === 'stream') return isDryRun ? 'Would end the stream' : 'The stream ends'
  const what = {
    link: `the link ${JSON.stringify(value)}`,
    'link-id': `the link ${JSON.stringify(value)}`,
    listener: `all links of the listener ${JSON.stringify(value)}`,
    track: `all links to the track ${JSON.stringify(value)}`,
    'key-id': `all links of the secret ${JSON.stringify(value)}`,
    before: 'all links',
  }[target]
  const end = until === undefined ? 'for good' : `until ${formatDate(until)}`
  return `${verb} ${what} signed at ${formatDate(before)} or earlier; kept ${end}`
}

function describeStreams(count: number, { endsStreams }: RevocationEntry, isDryRun: boolean): string {
  if (!endsStreams) return 'Streams in progress go on'
  const streams = count === 1 ? '1 stream in progress' : `${count} streams in progress`
  if (isDryRun) return `${streams} would end`
  return `${streams} ${count === 1 ? 'ends' : 'end'} within 2 seconds`
}
