/** Verifies signed links for apps: once, or by a verifier that is made once. */
import { readClock, type Clock } from '../clock'
import { isAudioExtension } from '../http/media-type'
import { lastSegment, splitTarget } from '../http/request-target'
import { rules } from '../option-rules'
import { readOptions, withDefault, type OptionReaders } from '../options'
import { readTrackAddress, type TrackAddress } from '../track-address'
import type { Grant, SignatureErrorCode } from './authenticate-link'
import { readKeyring, type Secrets } from './keyring'
import { createLinkVerifier } from './link-verifier'

export interface VerifierOptions {
  /** The secret shared with the signer, or a list: all verify. 16 bytes each at least, 32 or more advised. */
  readonly secret: Secrets | undefined
  /**
   * Seconds by which the clock of a signer may differ from this one: a grace period after the expiry of a link, which
   * `maxTtl` allows too.
   * @defaultValue 0
   */
  readonly clockTolerance?: number | undefined
  /**
   * Rejects links that expire further ahead than so many seconds, so that a mistake of a signer cannot open a file for
   * years.
   * @defaultValue no limit
   */
  readonly maxTtl?: number | undefined
  /**
   * The clock, in seconds since the epoch. It is called when the verifier is made and for every link; if it throws or
   * returns something other than a time, no link is verified, and the call throws.
   * @defaultValue the system's
   */
  readonly now?: Clock | undefined
}

/** Checks and defaults of {@link VerifierOptions}. */
export const verifierOptions = {
  secret: readKeyring,
  clockTolerance: withDefault(rules.seconds, 0),
  maxTtl: withDefault(rules.seconds, Infinity),
  now: readClock,
} satisfies OptionReaders<VerifierOptions>

/** What a link permits, or the code of why it is rejected. */
export type Verification =
  | { readonly valid: true; readonly grant: Grant }
  | { readonly valid: false; readonly code: SignatureErrorCode | 'INVALID_ID' }

export interface Verifier {
  /**
   * Verifies a signed link without Express: the last path segment is the id, perhaps with an extension
   * of {@link AUDIO_EXTENSIONS}, which is not signed. Opens no track.
   *
   * @param url absolute, or a path with its query
   * @param client the address of the client, without which a link that names a network is rejected
   * @returns the grant, or the code of what is wrong, whatever `url` holds
   * @throws TypeError if the clock of the app returns something other than a time
   */
  verify(url: string | URL, client?: { readonly address?: string | undefined }): Verification
}

/**
 * Makes a verifier of signed links, the counterpart of `createSigner`. Use it if your own code serves more to the holder
 * of a link, such as a waveform, a cover or a socket.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const verifier = createVerifier({ secret })
 * const result = verifier.verify('/stream/track1?expires=1609459200&sig=48b8')
 * if (!result.valid) console.log(result.code) // 'SIGNATURE_MALFORMED'
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return makeVerifier('createVerifier', options)
}

/**
 * Verifies one signed link as {@link createVerifier} does. It reads the options for each link: a program that verifies
 * many makes a verifier.
 *
 * @throws TypeError or RangeError that names the option that is wrong
 * @example
 * const result = verifySignedUrl(url, { secret })
 * if (!result.valid) console.log(result.code) // 'SIGNATURE_EXPIRED'
 */
export function verifySignedUrl(url: string | URL, options: VerifierOptions): Verification {
  return makeVerifier('verifySignedUrl', options).verify(url)
}

function makeVerifier(maker: string, options: VerifierOptions): Verifier {
  const verifyLink = createLinkVerifier(readOptions(maker, options, verifierOptions))

  function verify(url: string | URL, client: { readonly address?: string | undefined } = {}): Verification {
    const { path, query } = splitTarget(String(url))
    const address = readTrackAddress(lastSegment(path))
    if (address === undefined || !isServed(address)) return { valid: false, code: 'INVALID_ID' }
    const verdict = verifyLink(address.id, query, client.address)
    return verdict.valid ? { valid: true, grant: verdict.grant } : { valid: false, code: verdict.code }
  }

  return Object.freeze({ verify })
}

export function isServed({ extension }: TrackAddress): boolean {
  return extension === undefined || isAudioExtension(extension.toLowerCase())
}
