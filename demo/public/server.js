/** The page's requests to its server, with errors in plain words. */

/** A random name for this visit. The server reports an exchange only to the page that its link names. */
export const page = makeUuid()

/**
 * Whose links this page plays: in each event of the server, in its log, and to revoke them. It does not contain the name of
 * the page, by which its exchanges could be watched.
 */
export const listener = `page-${makeUuid().slice(0, 8)}`

/** A page of the list: `{ tracks, next, isComplete, library }`. `after` is the `next` of the previous page; undefined for the first one. */
export function listTracks(after) {
  const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`
  return fetchJson(`api/tracks${query}`, {}, 'list its tracks')
}

/**
 * Signs a link to `track` that is valid for `lifetime` seconds. `terms` are further parameters of `api/sign`; `allows` is
 * what the link allows by them, and `devices` is `apart` if the page may act as several, `one` if not. `renewed` is the link
 * that the new one replaces: if it was revoked, the server refuses.
 *
 * `expiresAt` is in milliseconds by the clock of this device, which may differ from the server's. It counts from before
 * the request, so it is never too late.
 */
export async function sign(track, lifetime, purpose, signal, terms = { listener }, renewed) {
  const askedAt = Date.now()
  const query = new URLSearchParams({ expiresIn: lifetime, ...terms })
  const path = `api/sign/${encodeURIComponent(track.id)}?${query}`
  // In a header, because logs have the query.
  const headers = renewed === undefined ? {} : { 'Renewed-Link': renewed }
  const { url, expires, allows, devices } = await fetchJson(path, { signal, headers }, 'sign a link')
  // Relative to the page, because a proxy may serve everything below a path of its own.
  const watched = new URL(`.${url}`, location.href)
  const plain = watched.href
  // The signature covers neither of them.
  watched.searchParams.set('page', page)
  watched.searchParams.set('for', purpose)
  const now = Date.now()
  return {
    url: watched.href,
    plain,
    expires,
    allows,
    devices,
    lifetime,
    expiresAt: askedAt + lifetime * 1000,
    tookMs: now - askedAt,
  }
}

/** The streams in progress, `{ total, streams, ended, isIncomplete }`, the newest first. */
export function listStreams() {
  return fetchJson('api/streams', {}, 'show who listens')
}

/** Ends one stream, whose link stays valid. */
export function endStream(id) {
  return postJson('api/streams/end', { id }, 'end the stream')
}

/** Takes back `{ link }`, or all links of `{ listener }` that were signed until now: `{ streams, isIncomplete }` is how many ended. */
export function revoke(target) {
  return postJson('api/revoke', target, 'revoke it')
}

function postJson(path, body, purpose) {
  const headers = { 'Content-Type': 'application/json' }
  return fetchJson(path, { method: 'POST', headers, body: JSON.stringify(body) }, purpose)
}

async function fetchJson(path, options, purpose) {
  const response = await fetch(path, options).catch(error => {
    if (error.name === 'AbortError') throw error
    throw new Error('The server does not respond. Is it still running?')
  })
  const body = await response.json().catch(() => ({}))
  if (response.ok) return body
  const { status } = response
  throw Object.assign(new Error(explain(response, purpose, body.error ?? body.detail)), { status })
}

function explain({ status, headers }, purpose, detail) {
  const wait = headers.get('Retry-After')
  const reason = detail === undefined ? '' : `: ${detail}`
  if (status === 404) return 'The track does not exist any more.'
  if (status === 401 || status === 403) return `The server refuses to ${purpose}${reason}.`
  if (status === 429) return `Too many requests. Try again in ${wait ?? 'a few'} seconds.`
  if (status === 503 && detail !== undefined) return `The server cannot ${purpose}${reason}.`
  if (status === 503) return 'The server is busy or shutting down. Try again in a moment.'
  return `The server responds with ${status}${reason}.`
}

/** `crypto.randomUUID` is missing on pages that came by plain http from another machine. */
function makeUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
