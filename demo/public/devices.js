/** Requests as other devices. Each of them has an address of its own, and sends no cookie. */
import { requestRange } from './requests.js'

/** If not, what the page shows of them is what one device would get. */
export const ONE_DEVICE =
  'Here, the server takes all devices for one, because they have one address. Open this page at localhost, without a proxy.'

/** @returns `status`, and `code` if it is a refusal */
export function requestOn(device, link, { range = 'bytes=0-99', signal } = {}) {
  return requestRange(urlFor(link, device), range, { signal, credentials: 'omit' })
}

/**
 * Listens over a slow line, so that the stream stays in progress. `ended` resolves with whether all of the track came.
 */
export async function listenOn(device, link, signal) {
  const url = urlFor(link, device)
  url.searchParams.set('line', 'slow')
  const response = await fetch(url, { signal, cache: 'no-store', credentials: 'omit' })
  if (!response.ok) throw new Error(`The server responds with ${response.status}.`)
  const ended = readAll(response.body.getReader(), signal)
  // It may reject when no step waits for it any more.
  ended.catch(() => {})
  return { status: response.status, ended }
}

function urlFor(link, device) {
  const url = new URL(link.url)
  url.searchParams.set('for', 'device')
  url.searchParams.set('device', device)
  return url
}

async function readAll(reader, signal) {
  try {
    while (!(await reader.read()).done);
    return true
  } catch {
    signal.throwIfAborted()
    return false
  }
}
