/**
 * Verifies links of the first form inside nginx (njs 0.7.9 or newer), as strictly as express-signed-stream does.
 * nginx.conf beside it serves the file for the verdict `ok`, and for no other: an exception leaves the verdict empty.
 *
 * njs runs this file again for each request, so nothing is prepared at its top. It has no `u` flag, and `$` in its
 * patterns also matches before a final newline: `(?![\s\S])` is the end of the text.
 */
/* global Buffer */
/* eslint no-unused-vars: ["error", { "caughtErrors": "none" }] -- njs has no catch without a name */
import crypto from 'crypto'

const MAX_PARAMETERS = 1000
const LONGEST_SEGMENT = (512 * 4 + 1 + 16) * 3
const MIN_SECRET_BYTES = 16

/**
 * `js_set`: `ok`, `node` (a link with terms), `preflight`, or why the request is refused. For `ok`, it sets the variables
 * by which nginx finds the file, and the seconds that a cache may keep it.
 */
function verdict(r) {
  const target = readTarget(r)
  if (target === undefined) return 'id'
  const signed = r.method === 'GET' ? readAsSigned(target) : undefined
  const link = signed === undefined ? readLink(r, target) : signed
  if (link.refusal !== undefined) return link.refusal

  const keys = readKeys(r.variables.signed_stream_secrets)
  if (keys === undefined) return 'no-secret'
  if (!isSigned(keys, link.id + '|' + link.expires, link.sig)) return 'forged'

  const refusal = checkTime(r.variables, Number(link.expires))
  if (refusal !== undefined) return refusal
  return nameFile(r.variables, link)
}

/** A link as signers write it, with an ASCII id. Most are, and one pattern costs less than the steps of `readLink`. */
function readAsSigned(target) {
  const parts =
    /^\/stream\/([A-Za-z0-9_-]{1,512})(?:\.([A-Za-z0-9]{1,16}))?\?expires=(0|[1-9][0-9]{0,14})&sig=([0-9a-f]{64})(?![\s\S])/.exec(
      target,
    )
  if (parts === null) return undefined
  return { id: parts[1], extension: parts[2], expires: parts[3], sig: parts[4] }
}

/** Any link, in the order in which a request is checked; what refuses it has the field `refusal`. */
function readLink(r, target) {
  // nginx chose the location by the decoded and normalised path. What was signed is in the target as it was sent.
  const parts = /^\/stream\/+([^/?#]+)(?:\?([^#]*))?(?:#|(?![\s\S]))/.exec(target)
  if (parts === null) return { refusal: 'path' }
  if (isPreflight(r)) return { refusal: 'preflight' }
  if (r.method !== 'GET' && r.method !== 'HEAD') return { refusal: 'method' }
  const address = readAddress(parts[1])
  if (address === undefined) return { refusal: 'id' }
  const claim = readClaim(parts[2] === undefined ? '' : parts[2])
  if (claim === 'malformed' || claim === 'node') return { refusal: claim }
  return { id: address.id, extension: address.extension, expires: claim.expires, sig: claim.sig }
}

/** By what makes one (Fetch standard, section 4.8). */
function isPreflight(r) {
  const headers = r.headersIn
  return (
    r.method === 'OPTIONS' &&
    headers['Origin'] !== undefined &&
    headers['Access-Control-Request-Method'] !== undefined
  )
}

/** As the client sent it; undefined if it has bytes beyond ASCII, on which njs may throw and which Node refuses. */
function readTarget(r) {
  try {
    const target = r.variables.request_uri
    return /[^\x21-\x7e]/.test(target) ? undefined : target
  } catch (error) {
    return undefined
  }
}

function decodePercent(text) {
  if (text.indexOf('%') === -1) return text
  try {
    return decodeURIComponent(text)
  } catch (error) {
    return undefined
  }
}

/** An id, perhaps with an extension, which is not signed. */
function readAddress(segment) {
  const text = segment.length > LONGEST_SEGMENT ? undefined : decodePercent(segment)
  if (text === undefined) return undefined
  const parts = /^([\p{Alphabetic}\p{M}\p{N}_-]{1,512})(?:\.([A-Za-z0-9]{1,16}))?(?![\s\S])/.exec(text)
  return parts === null ? undefined : { id: parts[1], extension: parts[2] }
}

/** What the query claims. No parser of queries is used: they differ in what they make of repeated or bracketed names. */
function readClaim(query) {
  const pairs = query.split('&', MAX_PARAMETERS + 1)
  if (pairs.length > MAX_PARAMETERS) return 'malformed'
  // Each character of a name may be percent-encoded.
  const terms = valuesOf(
    pairs,
    /^(?:t|%74)(?:e|%65)(?:r|%72)(?:m|%6[dD])(?:s|%73)(=|\[|%5[bB]|(?![\s\S]))([\s\S]*)/,
  )
  if (terms.length > 0) return 'node'
  const expires = valuesOf(
    pairs,
    /^(?:e|%65)(?:x|%78)(?:p|%70)(?:i|%69)(?:r|%72)(?:e|%65)(?:s|%73)(=|\[|%5[bB]|(?![\s\S]))([\s\S]*)/,
  )
  const sig = valuesOf(pairs, /^(?:s|%73)(?:i|%69)(?:g|%67)(=|\[|%5[bB]|(?![\s\S]))([\s\S]*)/)
  if (expires.length !== 1 || sig.length !== 1) return 'malformed'
  return checkedClaim(expires[0], sig[0])
}

/** The decoded values of a parameter; undefined for each that is bracketed, has none, or does not decode. */
function valuesOf(pairs, name) {
  return pairs
    .map(pair => name.exec(pair))
    .filter(parts => parts !== null)
    .map(parts => (parts[1] === '=' ? decodePercent(parts[2]) : undefined))
}

/** `Number` and `Buffer.from(…, 'hex')` accept many spellings, a link has one. */
function checkedClaim(expires, sig) {
  if (expires === undefined || !/^(?:0|[1-9][0-9]{0,15})(?![\s\S])/.test(expires)) return 'malformed'
  if (sig === undefined || !/^[0-9a-f]{64}(?![\s\S])/.test(sig)) return 'malformed'
  if (!(Number(expires) <= Number.MAX_SAFE_INTEGER)) return 'malformed'
  return { expires, sig }
}

/** Undefined unless each is `base64:…` of enough bytes. */
function readKeys(text) {
  const texts = (text || '').split(' ')
  const keys = []
  for (let at = 0; at < texts.length; at++) {
    if (texts[at] === '') continue
    const bytes = Buffer.from(texts[at].slice(7), 'base64')
    if (!texts[at].startsWith('base64:') || bytes.length < MIN_SECRET_BYTES) return undefined
    keys.push(bytes)
  }
  return keys.length > 0 ? keys : undefined
}

/** Tries every key and compares every word, so that the time reveals nothing. */
function isSigned(keys, text, sig) {
  const claimed = Buffer.from(sig, 'hex')
  let matches = 0
  for (let key = 0; key < keys.length; key++) {
    const mac = crypto.createHmac('sha256', keys[key]).update(text).digest()
    let difference = 0
    for (let at = 0; at < 32; at += 4) difference |= mac.readInt32LE(at) ^ claimed.readInt32LE(at)
    if (difference === 0) matches++
  }
  return matches > 0
}

/** Why a link cannot be used now; each comparison refuses if a setting is not a number. */
function checkTime(variables, expires) {
  const tolerance = Number(variables.signed_stream_clock_tolerance)
  const maxTtl = variables.signed_stream_max_ttl
  const remaining = expires - Math.floor(Number(variables.signed_stream_now))
  if (!(remaining >= -tolerance)) return 'expired'
  if (maxTtl !== 'off' && !(remaining <= Number(maxTtl) + tolerance)) return 'lifetime'
  const maxAge = Number(variables.signed_stream_max_age)
  variables.signed_stream_age = String(Math.max(0, Math.min(maxAge, remaining)))
  return undefined
}

/** By which nginx finds the file. njs has no normal forms of Unicode, so a file has the name exactly as it is signed. */
function nameFile(variables, address) {
  variables.signed_stream_name = address.id
  if (address.extension === undefined) return 'ok'
  const type = typeOf(address.extension)
  if (type === undefined) return 'absent'
  variables.signed_stream_type = type
  return 'ok'
}

/** The type of each extension that is served. nginx.conf has them twice more: in `types`, and in its order of files. */
function typeOf(extension) {
  const types = {
    mp3: 'mpeg',
    m4a: 'mp4',
    m4b: 'mp4',
    mp4: 'mp4',
    aac: 'aac',
    ogg: 'ogg',
    oga: 'ogg',
    opus: 'ogg',
    flac: 'flac',
    wav: 'wav',
    weba: 'webm',
    webm: 'webm',
    mka: 'matroska',
    aif: 'aiff',
    aiff: 'aiff',
    caf: 'x-caf',
  }
  const name = extension.toLowerCase()
  return Object.keys(types).indexOf(name) === -1 ? undefined : types[name]
}

/** `js_content`, for a path with an extension: serves the file that nginx found if it is of that type. */
function serveTyped(r) {
  const variables = r.variables
  const found = variables.uri
  if (typeOf(found.slice(found.lastIndexOf('.') + 1)) !== variables.signed_stream_type) {
    r.return(404)
    return
  }
  variables.signed_stream_file = found
  r.internalRedirect('/.signed-stream/file')
}

/** `js_header_filter`, for a 416: nginx has added the field of the 200 that it was about to send. */
function forgetCaching(r) {
  delete r.headersOut['Cache-Control']
}

export default { verdict, serveTyped, forgetCaching }
