/** The terms of a link from the flags of `sign`. With any of them, a link has the second form and its time of signing. */
import { makeLink, type NewLink, type NewLinkOptions } from '../links/make-link'
import { describe } from '../option-rules'
import { readKeyring } from '../signing/keyring'
import { baseUrlRule, removeTrailingSlashes } from '../signing/signer'
import { isKeyId, LONGEST_SESSION } from '../signing/term-values'
import type { TermOptions } from '../signing/term-options'
import type { Input, OptionSpecs } from './command'
import { formatDuration, readDuration } from './duration'
import { readCount, readOptional } from './option-values'
import { readTime } from './time'
import { UsageError } from './usage-error'

export const TERM_FLAGS: OptionSpecs = {
  terms: { help: 'write the time of signing into the link, as each of the options below does' },
  'link-id': {
    value: '<name>',
    help: 'the name of the link, by which it can be revoked; --uses makes a random one',
  },
  listener: {
    value: '<name>',
    help: 'a pseudonym of the person for whom the link is; it stands in the link and in logs',
  },
  'not-before': { value: '<time>', help: 'the first second at which the link is valid, as --expires-at' },
  'play-for': {
    value: '<duration>',
    help: `who begins in time may go on for so long after the expiry, up to ${formatDuration(LONGEST_SESSION)}`,
  },
  uses: { value: '<count>', help: 'how many listeners may begin' },
  streams: {
    value: '<count>',
    help: 'how many may listen at a time, of one --listener, or of the link without one',
  },
  'download-name': { value: '<name>', help: 'players save the track under this name' },
  track: {
    value: '<id>',
    isRepeatable: true,
    help: 'the link opens these tracks, <id> among them: repeat it, up to 40 times',
  },
  prefix: { value: '<text>', help: 'the link opens all tracks whose id begins with this, such as album1-' },
  set: { value: '<name>', help: 'the link opens the tracks of this set of your app (option sets)' },
  network: {
    value: '<network>',
    isRepeatable: true,
    help: 'the network that may use the link, such as 192.0.2.7 or 192.0.2.0/24, and 2001:db8::/64',
  },
  'key-id': { value: '<name>', help: 'the name of the secret on the server (its keyId)' },
}

/** The flags that set the options of the signer. */
export const FLAGS_OF_TERMS: Readonly<Record<keyof TermOptions | 'keyId', string>> = {
  linkId: '--link-id',
  listener: '--listener',
  notBefore: '--not-before',
  playFor: '--play-for',
  uses: '--uses',
  streams: '--streams',
  downloadName: '--download-name',
  tracks: '--track',
  prefix: '--prefix',
  set: '--set',
  network: '--network',
  keyId: '--key-id',
}

/** What the flags ask for. */
export interface GivenTerms {
  readonly options: TermOptions
  readonly keyId: string | undefined
}

/** @returns undefined for a link without terms */
export function readTermFlags({ options, lists }: Input): GivenTerms | undefined {
  if (!Object.keys(TERM_FLAGS).some(flag => options.has(flag))) return undefined
  return {
    options: {
      linkId: options.get('link-id'),
      listener: options.get('listener'),
      notBefore: readOptional('not-before', options, readTime),
      playFor: readOptional('play-for', options, readDuration),
      uses: readCount('uses', options),
      streams: readCount('streams', options),
      downloadName: options.get('download-name'),
      tracks: lists.get('track'),
      prefix: options.get('prefix'),
      set: options.get('set'),
      network: lists.get('network'),
    },
    keyId: options.get('key-id'),
  }
}

/** What a signer needs to know. */
export interface SignerSetting {
  readonly secret: Uint8Array
  readonly baseUrl: string
  readonly now: () => number
}

/**
 * @param keyId the name of the secret; undefined if it has none
 * @throws OptionError that names the option of the signer
 */
export function signWithTerms(
  id: string,
  options: NewLinkOptions,
  { secret, baseUrl, now }: SignerSetting,
  keyId: string | undefined,
): NewLink {
  if (keyId !== undefined && !isKeyId(keyId)) {
    throw new UsageError(`--key-id must be 1 to 16 of a-z and 0-9, got ${JSON.stringify(keyId)}`)
  }
  if (!baseUrlRule.accepts(baseUrl)) {
    throw new UsageError(`--base-url must be ${baseUrlRule.expected}, got ${describe(baseUrl)}`)
  }
  return makeLink(id, options, {
    secret: readKeyring(keyId === undefined ? secret : { keyId, secret }, 'sign'),
    baseUrl: removeTrailingSlashes(baseUrl),
    now: () => Math.floor(now()),
    maxTtl: Infinity,
    revokedUntil: () => undefined,
    sessionLength: ({ playFor = 0 }) => playFor,
  })
}
