/** Links of an app as one object: it signs and verifies them, takes them back, and knows who listens. */
import { lastSegment, splitTarget } from '../http/request-target'
import { loggerRule, guardLogger, type StreamLogger } from '../logger'
import { isRecord, type OptionRule } from '../option-rules'
import { optional, optionError, readOptions, type OptionReaders } from '../options'
import type { AuthenticLink, Grant, SignatureErrorCode } from '../signing/authenticate-link'
import { hasExpired } from '../signing/link-checks'
import { baseUrlRule, removeTrailingSlashes } from '../signing/signer'
import { isServed, verifierOptions, type VerifierOptions } from '../signing/verifier'
import type { LinkTerms } from '../signing/terms'
import { readTrackAddress } from '../track-address'
import { LinkGuard } from './link-guard'
import { linkPolicyOptions, type LinkPolicyOptions } from './link-policy'
import { LinkShares } from './link-shares'
import { makeLink, type Handles, type NewLink, type NewLinkOptions } from './make-link'
import { playUntil, sessionLength } from './recognise'
import { CLOCK_DIFFERENCE, toRevocation, type RevocationTarget } from './revocation-target'
import { SignedAhead } from './signed-ahead'
import type { LinkState, RevocationState } from './state/link-state'
import type { ActiveStream } from './stream-registry'

export interface LinksOptions extends VerifierOptions, LinkPolicyOptions {
  /**
   * What several processes share, or keep when they end: `redisState(…)` of `express-signed-stream/redis` for all that
   * links limit, `fileState(…)` for revocations alone, or your own.
   * @defaultValue the memory of this process
   */
  readonly state?: LinkState | RevocationState | undefined
  /**
   * Where the router is mounted: an absolute http(s) URL, or a path such as `/stream`.
   * @defaultValue `''`: URLs begin with the id
   */
  readonly baseUrl?: string | undefined
  /**
   * Logs when the state does not respond; a pino logger or the console.
   * @defaultValue a warning of the process
   */
  readonly logger?: StreamLogger | undefined
}

/** What a link says, whether or not it is valid now. */
export interface LinkDescription extends Grant {
  /** By which it can be revoked: its linkId, or else the first 32 digits of its signature. */
  readonly name: string
  /** The last second, since the epoch, at which a listener who began in time may continue. */
  readonly playUntil: number
  readonly hasExpired: boolean
  readonly isRevoked: boolean
}

export interface RevokeOptions {
  /**
   * Seconds since the epoch after which no such link can be valid, so that the entry can be forgotten.
   * @defaultValue by `maxTtl` and `sessions.max`; without `maxTtl`, the entry is kept
   */
  readonly until?: number | undefined
  /**
   * Whether streams in progress end too.
   * @defaultValue true
   */
  readonly endStreams?: boolean | undefined
  /**
   * Whether nothing is revoked, and only counted what would end.
   * @defaultValue false
   */
  readonly dryRun?: boolean | undefined
}

export interface Revoked {
  /** Streams in progress on this node that ended, or would end. */
  readonly streams: number
}

export type LinkVerification =
  | { readonly valid: true; readonly grant: Grant }
  | { readonly valid: false; readonly code: SignatureErrorCode | 'INVALID_ID' }

export interface Links {
  /**
   * Makes a link to `id`.
   *
   * @throws TypeError or RangeError that names the option that is wrong
   */
  createLink(id: string, options: NewLinkOptions): NewLink
  /** @returns the `url` of `createLink` */
  signUrl(id: string, options: NewLinkOptions): string
  /**
   * Verifies a link as a request from `address` would be verified. Use it if your own code serves more to the holder of a
   * link. It counts no use, and begins no session.
   *
   * @param url absolute, or a path with its query
   * @param client the address of the client, without which a link that names a network is rejected
   * @throws (rejects with) TypeError if the clock of the app fails; StreamError `STATE_UNAVAILABLE` or `SOURCE_UNAVAILABLE`
   *   if the state or `sets` does
   */
  verify(url: string | URL, client?: { readonly address?: string | undefined }): Promise<LinkVerification>
  /** What an authentic link says, without checking whether it is valid now; undefined for any other. */
  describe(url: string | URL): LinkDescription | undefined
  /**
   * Takes links back: one, or all of a listener, a track or a secret, or all that were signed until a moment. Links that
   * are signed later stay valid. It is in force on this node when the promise resolves, and on others within 2 seconds.
   *
   * @throws (rejects with) RevocationListFull at the capacity, or what the shared state fails with: then it holds on this
   *   node, and the others are tried again once a second
   */
  revoke(target: RevocationTarget, options?: RevokeOptions): Promise<Revoked>
  /** The streams in progress on this node. */
  streams(): readonly ActiveStream[]
  /**
   * Ends a stream on this node.
   *
   * @returns whether there is such a stream
   */
  end(stream: ActiveStream | string): boolean
  /** Stops asking the shared state, for tests and for the end of a program. */
  close(): void
}

const stateRule: OptionRule<LinkState | RevocationState> = {
  accepts: (value): value is LinkState | RevocationState =>
    isRecord(value) && hasListeners(value) !== undefined && isRecord(value['revocations']),
  expected: 'a state of links: redisState({ send }), fileState({ file }) or memoryState()',
}

/** Whether a state shares more than revocations; undefined if it has a half of that. */
function hasListeners({ begin, hold }: Readonly<Record<string, unknown>>): boolean | undefined {
  const types = [typeof begin, typeof hold]
  if (types.every(type => type === 'function')) return true
  return types.every(type => type === 'undefined') ? false : undefined
}

const linksOptions = {
  ...verifierOptions,
  ...linkPolicyOptions,
  state: optional(stateRule),
  baseUrl: optional(baseUrlRule),
  logger: optional(loggerRule),
} satisfies OptionReaders<LinksOptions>

const guards = new WeakMap<object, LinkGuard>()

/** What a router does with `links`; undefined if it did not come from {@link createLinks}. */
export function guardOf(links: Links): LinkGuard | undefined {
  return guards.get(links)
}

/**
 * Makes the links of an app. Give the object to every router and middleware that serves them, so that they share sessions,
 * limits and revocations; `secret` is short for `links: createLinks({ secret })`.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const links = createLinks({ secret: process.env.SECRET_KEY, baseUrl: '/stream' })
 * app.use('/stream', createStreamRouter({ dir: 'audio', links }))
 * const { url } = links.createLink('track1', { expiresIn: '5m', playFor: '4h', listener: 'u42' })
 * links.revoke({ listener: 'u42' }).then(({ streams }) => console.log(streams, 'streams ended'))
 */
export function createLinks(options: LinksOptions): Links {
  const settings = readOptions('createLinks', options, linksOptions)
  const { secret, now, baseUrl = '', logger, sessions, maxTtl } = settings
  if (sessions.cookie === false && !sessions.address) {
    throw optionError(
      TypeError,
      'make createLinks',
      'sessions',
      'must recognise listeners by a cookie, by their address, or by both',
    )
  }
  const shares = new LinkShares({ ...settings, logger: logger && guardLogger(logger) })
  const guard = new LinkGuard(settings, shares)
  const { revocations, streams } = shares
  const ahead = new SignedAhead()
  const grace = settings.clockTolerance + CLOCK_DIFFERENCE
  const maker = {
    secret,
    baseUrl: removeTrailingSlashes(baseUrl),
    now,
    maxTtl,
    sessionLength: (terms: LinkTerms) => sessionLength(sessions, terms),
    revokedUntil: revocations.revokedUntil.bind(revocations),
    onAhead: (handles: Handles, signedAt: number) => {
      ahead.note(handles, signedAt, now())
    },
  }

  function createLink(id: string, linkOptions: NewLinkOptions): NewLink {
    return makeLink(id, linkOptions, maker)
  }

  function find(url: string | URL): AuthenticLink | undefined {
    const { path, query } = splitTarget(String(url))
    const address = readTrackAddress(lastSegment(path))
    return address && guard.authenticate(address.id, query)
  }

  async function revoke(
    target: RevocationTarget,
    { until, endStreams = true, dryRun = false }: RevokeOptions = {},
  ): Promise<Revoked> {
    const named = toRevocation(
      target,
      { until, endsStreams: endStreams },
      {
        now: now(),
        longestLife: maxTtl + sessions.max + grace,
        readLink(url) {
          const link = find(url)
          if (link === undefined) return undefined
          const { signedAt } = link.grant
          return { name: link.name, signedAt, playUntil: playUntil(sessions, link.grant) + grace }
        },
      },
    )
    const { kind, value, before } = named
    // A moment is what the app says; a handle is all of its links until now.
    const entry = kind === 'all' ? named : { ...named, before: ahead.latest(kind, value, before) }
    if (dryRun) return { streams: shares.countEndedBy(entry) }
    const ended = shares.revokeHere(entry)
    await shares.revokeElsewhere(entry)
    return { streams: ended }
  }

  const links: Links = Object.freeze({
    createLink,
    signUrl: (id: string, linkOptions: NewLinkOptions) => createLink(id, linkOptions).url,
    async verify(url, { address } = {}) {
      const { path, query } = splitTarget(String(url))
      const track = readTrackAddress(lastSegment(path))
      if (track === undefined || !isServed(track)) return { valid: false, code: 'INVALID_ID' }
      const client = { address, path, isSecure: false, playbackSession: undefined, cookies: undefined }
      const verdict = await guard.check(track.id, query, client)
      if (verdict.kind === 'allowed') return { valid: true, grant: verdict.link.grant }
      const { error } = verdict
      if (error.status >= 500) throw error
      return { valid: false, code: error.code as SignatureErrorCode }
    },
    describe(url) {
      const link = find(url)
      if (link === undefined) return undefined
      const { grant, name } = link
      return {
        ...(Object.fromEntries(Object.entries(grant)) as unknown as Grant),
        name,
        playUntil: playUntil(sessions, grant),
        hasExpired: hasExpired(grant, now(), settings),
        isRevoked: revocations.isRevoked(link),
      }
    },
    revoke,
    streams: () => streams.list(),
    end: stream => streams.endById(typeof stream === 'string' ? stream : stream.id),
    close() {
      shares.stop()
    },
  } satisfies Links)
  guards.set(links, guard)
  return links
}
