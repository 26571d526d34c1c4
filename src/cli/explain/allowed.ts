/** Says in words what the terms of a link allow. */
import type { Grant } from '../../signing/authenticate-link'
import { formatDate, formatTime } from '../time'
import { quote, type Finding } from './finding'
import { formatNetwork } from './network-text'

/** Names in one sentence. */
const MAX_LISTED = 5

export function explainAllowed(grant: Grant, now: number): readonly Finding[] {
  const { linkId, signedAt, keyId } = grant
  const facts = [
    ...(signedAt === undefined ? [] : [` at ${formatTime(signedAt, now)}`]),
    ...(keyId === undefined ? [] : [` with the secret named ${quote(keyId)}`]),
  ]
  const name = linkId === undefined ? 'The link' : `The link ${quote(linkId)}`
  return [
    { kind: 'allows', text: describeAllowed(grant) },
    { kind: 'signed', text: `${name} was signed${facts.join(',')}` },
  ]
}

function describeAllowed(grant: Grant): string {
  const { listener, notBefore, expires, playFor, uses, streams, network, downloadName } = grant
  const parts = [
    `may be begun ${notBefore === undefined ? '' : `from ${showDate(notBefore)} `}until ${showDate(expires)}`,
    ...(playFor ? [`played on until ${showDate(expires + playFor)}`] : []),
    ...(uses === undefined ? [] : [`by ${count(uses, 'listener')}`]),
    ...(streams === undefined ? [] : [describeStreams(streams, listener)]),
    ...(network === undefined ? [] : [`from ${formatNetwork(network)}`]),
    ...(downloadName === undefined ? [] : [`saved as ${quote(downloadName)}`]),
  ]
  const whom = listener === undefined ? '' : ` for ${quote(listener)}`
  return `The link opens ${describeOpened(grant)}${whom}; ${parts.join(', ')}`
}

/** What a link opens, as an object of "opens". */
export function describeOpened({ id, tracks, prefix, set }: Grant): string {
  const opened = [
    ...(tracks === undefined ? [] : [listNames(tracks)]),
    ...(prefix === undefined ? [] : [`all tracks whose id begins with ${quote(prefix)}`]),
    ...(set === undefined ? [] : [`the tracks of the set ${quote(set)}`]),
  ]
  return opened.length === 0 ? quote(id) : opened.join(', and ')
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map(quote)
  const hidden = names.length - shown.length
  if (hidden > 0) return `${shown.join(', ')} and ${count(hidden, 'other track')}`
  const last = shown.pop() ?? ''
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}

function describeStreams(streams: number, listener: string | undefined): string {
  return listener === undefined
    ? `by at most ${count(streams, 'listener')} at a time`
    : `with at most ${count(streams, 'stream')} of ${quote(listener)} at a time`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function showDate(seconds: number): string {
  return formatDate(seconds) ?? 'a date after the year 275000'
}
