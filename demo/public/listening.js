/** Who listens now, with a button to end each stream. It loads the list every two seconds while it can be seen. */
import { OUTCOMES } from './exchanges.js'
import { byId, make, say } from './dom.js'
import { formatSize, formatTime, titleOf } from './format.js'
import { endStream, listener as own, listStreams } from './server.js'

/** Milliseconds between two lists. */
const PAUSE = 2000

export function createListening() {
  /** What is shown of each stream, by its id, so that a button that has the focus keeps it. */
  const rows = new Map()
  let timer
  let isLooking = false

  async function look() {
    clearTimeout(timer)
    if (isLooking || !isSeen()) return
    isLooking = true
    try {
      show(await listStreams())
    } catch (error) {
      byId('listening-count').textContent = error.message
      // The server signs no links for everybody, and shows no listeners either.
      if (error.status === 403) return
    } finally {
      isLooking = false
    }
    timer = setTimeout(look, PAUSE)
  }

  function isSeen() {
    return !document.hidden && byId('listening').open
  }

  function show({ total, streams, ended, isIncomplete }) {
    // New ones are put in front, so the oldest comes first.
    for (const stream of [...streams].reverse()) showFacts(rows.get(stream.id) ?? add(stream), stream)
    const ids = new Set(streams.map(({ id }) => id))
    for (const id of rows.keys()) if (!ids.has(id)) remove(id)
    showCount(total, streams.length)
    byId('streams-incomplete').hidden = isIncomplete !== true
    for (const id of ['ended-title', 'ended']) byId(id).hidden = ended.length === 0
    byId('ended').replaceChildren(...ended.map(makeEnded))
  }

  function add(stream) {
    const facts = make('span', { className: 'stream-facts' })
    const title = titleOf(stream.track)
    const button = make('button', { type: 'button', className: 'quiet' }, 'End')
    button.setAttribute('aria-label', `End the stream of ${title}: ${nameOf(stream)}`)
    button.addEventListener('click', () => end(stream))
    const name = make('span', { className: 'name', dir: 'auto' }, title)
    const who = make('span', { className: 'who' }, nameOf(stream))
    const item = make('li', {}, make('div', {}, name, who, facts), button)
    const row = { item, facts }
    rows.set(stream.id, row)
    byId('streams').prepend(item)
    return row
  }

  function remove(id) {
    const { item } = rows.get(id)
    rows.delete(id)
    // Otherwise the focus would be lost with the button.
    if (item.contains(document.activeElement)) byId('listening-title').focus()
    item.remove()
  }

  /** The button stays enabled, because a disabled one loses the focus. */
  async function end(stream) {
    try {
      await endStream(stream.id)
      say(`Ended a stream of ${titleOf(stream.track)}. Its link is still valid.`)
    } catch (error) {
      say(error.message, { isFault: error.status !== 404 })
    }
    await look()
  }

  byId('listening').addEventListener('toggle', look)
  document.addEventListener('visibilitychange', look)
  void look()
}

function nameOf({ listener }) {
  if (listener === own) return 'this page'
  return listener ?? 'no listener named'
}

function showFacts({ facts }, { client, range, startedAt, bytesSent }) {
  // The clock of the server may be ahead.
  const seconds = Math.max(0, (Date.now() - startedAt) / 1000)
  const parts = [client, `for ${formatTime(seconds)}`, `${formatSize(bytesSent)} sent`, range ?? 'whole file']
  facts.textContent = parts.filter(part => part !== undefined).join(' · ')
}

/** A short track is sent within a moment, long before its end is heard. */
function makeEnded({ track, listener, client, range, endedAt, bytesSent, outcome }) {
  const when = new Date(endedAt).toLocaleTimeString()
  const parts = [
    client,
    `${formatSize(bytesSent)} sent until ${when}`,
    range ?? 'whole file',
    OUTCOMES[outcome],
  ]
  return make(
    'li',
    {},
    make(
      'div',
      {},
      make('span', { className: 'name', dir: 'auto' }, titleOf(track)),
      make('span', { className: 'who' }, nameOf({ listener })),
      make('span', { className: 'stream-facts' }, parts.filter(part => part !== undefined).join(' · ')),
    ),
  )
}

function showCount(total, shown) {
  const streams = `${total} stream${total === 1 ? '' : 's'} in progress`
  byId('listening-count').textContent =
    total === 0
      ? 'No stream is in progress.'
      : shown < total
        ? `${streams}, the newest ${shown}:`
        : `${streams}:`
}
