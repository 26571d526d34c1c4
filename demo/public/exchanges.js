/** What goes over the wire, as the server tells it while it happens. */
import { byId, make } from './dom.js'
import { formatDuration, formatSize, formatTime, speakTime } from './format.js'
import { isBuffered } from './player.js'
import { page } from './server.js'

const MAX_SHOWN = 80
/** Milliseconds between attempts, where the browser has given up by itself. */
const RETRY = 3000

const PURPOSES = {
  player: 'Player',
  waveform: 'Waveform',
  download: 'Download',
  probe: 'By hand',
  check: 'Old link',
}
const OUTCOMES = {
  complete: 'complete',
  client_abort: 'the browser had enough',
  server_abort: 'ended by the server',
  stalled: 'cut: nobody read on',
  truncated: 'cut: the file is shorter than it was',
  changed: 'cut: the file has changed',
  read_error: 'cut: the file cannot be read',
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
      // A server that was started anew counts from one again.
      rows.clear()
      showWatching('Live', true)
    })
    source.addEventListener('exchange', ({ data }) => showExchange(JSON.parse(data)))
    source.addEventListener('error', () => {
      showWatching('The server does not answer', false)
      // By itself, a browser tries again only where a connection broke, and not where it was refused.
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

  /** What was sought, of which the wire may show nothing. */
  function showSeek() {
    const { currentTime } = audio
    // A drag, and a seek that is made again once the audio can play, are told once.
    if (Math.abs(currentTime - soughtTo) < 1) return
    soughtTo = currentTime
    const where = isBuffered(audio, currentTime)
      ? 'the browser has that part already'
      : 'beyond what the browser has buffered'
    add(make('li', { className: 'note' }, `Seek to ${formatTime(currentTime)}: ${where}`))
  }

  audio.addEventListener('seeking', () => {
    if (audio.readyState >= HTMLMediaElement.HAVE_METADATA) showSeek()
  })
  player.addEventListener('link', () => {
    const { track, link } = player
    // Where the new link begins: no seek of the listener.
    soughtTo = audio.currentTime
    const text = `Signed a link to ${track.title} for ${speakTime(link.lifetime)}, in ${formatDuration(link.tookMs)}`
    add(make('li', { className: 'note' }, text))
  })
  byId('clear').addEventListener('click', clear)
  // A browser opens six connections to a server: forgotten tabs must not use them all up.
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
    make('span', { className: 'asked' }, make('code', {}, `${method} ${range ?? 'all of it'}`)),
    make('span', { className: 'purpose' }, PURPOSES[purpose] ?? ''),
    makeMap(exchange),
    make('span', { className: 'answered' }, describe(exchange)),
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

/** Where in the file the answer lies, and how far it got; for the eye, as the text next to it says the same. */
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
