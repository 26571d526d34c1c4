/** The HTTP exchanges that the page causes, as the server reports them. */
import { byId, make } from './dom.js'
import { formatDuration, formatSize, formatTime, speakTime } from './format.js'
import { isBuffered } from './player.js'
import { page } from './server.js'

const MAX_SHOWN = 80
/** Milliseconds before the page reconnects, if the browser does not. */
const RETRY = 3000

const PURPOSES = {
  player: 'Player',
  waveform: 'Waveform',
  download: 'Download',
  probe: 'Your request',
  check: 'Old link',
  terms: 'Your link',
  device: 'Other device',
}
export const OUTCOMES = {
  complete: 'complete',
  client_abort: 'closed by the browser',
  server_abort: 'ended by the server',
  stalled: 'disconnected: no data was read',
  truncated: 'disconnected: the file became shorter',
  changed: 'disconnected: the file has changed',
  read_error: 'disconnected: the file cannot be read',
  revoked: 'ended: the link was revoked',
  displaced: 'ended: a newer stream took its place',
  ended: 'ended with End',
  offloaded: 'sent by the proxy',
  refused: 'refused',
}

export function createExchanges(player) {
  const { audio } = player
  const rows = new Map()
  let source
  let total = 0
  /** Seconds. */
  let soughtTo = 0

  function watch() {
    source?.close()
    source = new EventSource(`api/exchanges/${page}`)
    source.addEventListener('open', () => {
      // A restarted server begins its keys at one again.
      rows.clear()
      showWatching('Live', true)
    })
    source.addEventListener('exchange', ({ data }) => showExchange(JSON.parse(data)))
    source.addEventListener('error', () => {
      showWatching('The server does not respond', false)
      // A browser reconnects by itself after a broken connection, but not after an error status.
      if (source.readyState === EventSource.CLOSED) setTimeout(watch, RETRY)
    })
  }

  function showWatching(text, isLive) {
    byId('watching').textContent = text
    byId('watching').classList.toggle('live', isLive)
  }

  function showExchange(exchange) {
    const known = rows.get(exchange.key)
    const row = makeRow(exchange)
    if (known === undefined) add(row)
    else known.replaceWith(row)
    rows.set(exchange.key, row)
    if (exchange.state === 'end') {
      total += exchange.bytesSent
      byId('total').textContent = `${formatSize(total)} sent in all`
    }
  }

  function add(row) {
    byId('no-exchanges').hidden = true
    const list = byId('exchanges')
    list.prepend(row)
    if (list.childElementCount <= MAX_SHOWN) return
    const oldest = list.lastElementChild
    for (const [key, shown] of rows) if (shown === oldest) rows.delete(key)
    oldest.remove()
  }

  function clear() {
    rows.clear()
    total = 0
    byId('total').textContent = ''
    byId('exchanges').replaceChildren()
    byId('no-exchanges').hidden = false
  }

  /** A seek of the listener, which may cause no exchange. */
  function showSeek() {
    const { currentTime } = audio
    // Shows a drag once, and also a seek that is repeated when the audio can play.
    if (Math.abs(currentTime - soughtTo) < 1) return
    soughtTo = currentTime
    const where = isBuffered(audio, currentTime)
      ? 'that part is buffered already'
      : 'that part is not buffered yet'
    add(make('li', { className: 'note' }, `Seek to ${formatTime(currentTime)}: ${where}`))
  }

  audio.addEventListener('seeking', () => {
    if (audio.readyState >= HTMLMediaElement.HAVE_METADATA) showSeek()
  })
  player.addEventListener('link', () => {
    const { track, link } = player
    // The element seeks there after a new link, but the listener did not.
    soughtTo = audio.currentTime
    const text = `Signed a link to ${track.title} for ${speakTime(link.lifetime)}, in ${formatDuration(link.tookMs)}`
    add(make('li', { className: 'note' }, text))
  })
  byId('clear').addEventListener('click', clear)
  // Browsers open at most six connections to a server, and hidden tabs must not occupy them.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) watch()
    else {
      source.close()
      showWatching('Paused', false)
    }
  })
  watch()
}

function makeRow(exchange) {
  const { status, method, range, purpose, outcome } = exchange
  const kind = status >= 400 ? 'refused' : outcome === undefined ? 'running' : 'served'
  return make(
    'li',
    { className: `exchange ${kind}` },
    make('span', { className: 'status' }, status === 0 ? '–' : String(status)),
    make('span', { className: 'request' }, make('code', {}, `${method} ${range ?? 'whole file'}`)),
    make('span', { className: 'purpose' }, PURPOSES[purpose] ?? ''),
    makeMap(exchange),
    make('span', { className: 'response' }, describe(exchange)),
  )
}

function describe({ contentRange, contentLength, bytesSent, durationMs, outcome, code }) {
  const parts = []
  if (contentRange !== undefined) parts.push(contentRange)
  if (outcome === undefined)
    parts.push(contentLength === undefined ? 'sending' : `sending ${formatSize(contentLength)}`)
  else parts.push(`${formatSize(bytesSent)} sent in ${formatDuration(durationMs)}`)
  if (code !== undefined) parts.push(code)
  else if (outcome !== undefined) parts.push(OUTCOMES[outcome])
  return parts.join(' · ')
}

/** Shows which part of the file was requested, and how much was sent. Hidden from screen readers: the text has both. */
function makeMap({ contentRange, status, contentLength, bytesSent }) {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? []
  const map = make('span', { className: 'map', 'aria-hidden': 'true' })
  if (size === undefined && (status !== 200 || contentLength === undefined)) return map
  const sent = make('span', {})
  sent.style.width = `${(bytesSent / contentLength) * 100}%`
  const promised = make('span', {}, sent)
  promised.style.insetInlineStart = size === undefined ? '0' : `${(first / size) * 100}%`
  promised.style.width = size === undefined ? '100%' : `${((last - first + 1) / size) * 100}%`
  map.append(promised)
  return map
}
