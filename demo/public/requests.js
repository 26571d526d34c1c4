/** Requests of a range, which this page sends in place of a player. */

/** @returns `status`, and `code` if it is a refusal */
export async function requestRange(url, range, options) {
  const headers = { Range: range, Accept: 'application/json' }
  // Without the cache, which would respond in place of the server.
  const response = await fetch(url, { ...options, headers, cache: 'no-store' })
  if (!response.ok) return { status: response.status, code: (await response.json()).code }
  await response.arrayBuffer()
  return { status: response.status }
}
