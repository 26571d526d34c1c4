/** The list of tracks. */
import { byId, make, say } from './dom.js'
import { createFolders } from './folders.js'
import { formatSize, formatTime, titleOf, typeName } from './format.js'
import { showLibrary } from './library.js'
import { listTracks } from './server.js'

/** Milliseconds before the page requests missing durations again; doubled each time. */
const SOON = 500
const ATTEMPTS = 6

export function createTracks(player) {
  const rows = new Map()
  const addItem = createFolders(byId('tracks'))
  /** Where the next page of the list begins; undefined after the last one. */
  let next

  async function show() {
    const hasFocus = document.activeElement === byId('look-again')
    byId('look-again').hidden = true
    byId('no-tracks').hidden = false
    byId('no-tracks-text').textContent = 'Loading the tracks…'
    try {
      const tracks = await showPage(undefined)
      byId('no-tracks').hidden = tracks.length > 0
      if (tracks.length === 0) showMissing('No tracks yet. Put audio files into the directory of the server.')
      else if (player.track === undefined) void player.open(tracks[0], { isWanted: false })
    } catch (error) {
      showMissing(error.message)
    }
    if (hasFocus) (byId('tracks').querySelector('button') ?? byId('look-again')).focus()
  }

  function showMissing(text) {
    byId('no-tracks-text').textContent = text
    byId('look-again').hidden = false
  }

  async function showMore() {
    byId('more-tracks').disabled = true
    try {
      const tracks = await showPage(next)
      say(`${tracks.length} more tracks`)
      // The button may be hidden now, so the focus moves on to the first new track.
      rows.get(tracks[0]?.id)?.button.focus()
    } catch (error) {
      say(`Cannot list more tracks: ${error.message}`, { isFault: true })
    } finally {
      byId('more-tracks').disabled = false
    }
  }

  /** Skips pages without tracks, whose files were deleted meanwhile. */
  async function showPage(after) {
    const page = await fetchPage(after)
    next = page.next
    byId('more-tracks').hidden = next === undefined
    byId('incomplete').hidden = page.isComplete !== false
    showLibrary(page.library)
    void complete(after, page.tracks)
    return page.tracks.length === 0 && next !== undefined ? showPage(next) : page.tracks
  }

  async function fetchPage(after) {
    const page = await listTracks(after)
    for (const track of page.tracks) {
      const row = rows.get(track.id) ?? addRow(track)
      // The object of a track stays the same, because the page compares tracks by it.
      Object.assign(row.track, track)
      showFacts(row)
    }
    return { ...page, tracks: page.tracks.map(({ id }) => rows.get(id).track) }
  }

  /** Requests durations that are not known yet; null means that the file does not contain it. */
  async function complete(after, tracks) {
    for (
      let attempt = 0;
      attempt < ATTEMPTS && tracks.some(track => track.duration === undefined);
      attempt += 1
    ) {
      await new Promise(resolve => setTimeout(resolve, SOON * 2 ** attempt))
      await fetchPage(after).catch(() => {})
    }
  }

  function addRow({ id, path }) {
    const track = { id, title: titleOf(id, path) }
    const name = make('span', { className: 'name', dir: 'auto' }, track.title)
    const verb = make('span', { className: 'visually-hidden' }, 'Play')
    const facts = make('span', { className: 'facts' })
    const icon = byId('play').querySelector('svg').cloneNode(true)
    const badge = make('span', { className: 'badge' }, icon)
    const button = make(
      'button',
      { type: 'button', className: 'row' },
      badge,
      make('span', {}, verb, ' ', name),
      facts,
    )
    button.addEventListener('click', () => {
      if (track === player.track) player.toggle()
      else void player.open(track, { isWanted: true })
    })
    const row = { track, button, verb, facts }
    rows.set(id, row)
    player.tracks.push(track)
    addItem(make('li', {}, button), path)
    return row
  }

  function showFacts({ track, facts }) {
    const length = make('span', {}, track.duration == null ? '' : formatTime(track.duration))
    facts.replaceChildren(length, make('span', {}, formatSize(track.size)))
    if (track === player.track) showTitle()
  }

  function showTitle() {
    const { title, type, size, duration } = player.track
    byId('title').textContent = title
    const facts = [typeName(type), formatSize(size), ...(duration == null ? [] : [formatTime(duration)])]
    byId('facts').textContent = facts.join(' · ')
  }

  function showState() {
    const isPlaying = !player.audio.paused
    for (const { track, button, verb } of rows.values()) {
      const isCurrent = track === player.track
      if (isCurrent) button.setAttribute('aria-current', 'true')
      else button.removeAttribute('aria-current')
      button.classList.toggle('playing', isCurrent && isPlaying)
      verb.textContent = isCurrent && isPlaying ? 'Pause' : 'Play'
    }
  }

  player.addEventListener('track', () => {
    say('')
    showTitle()
    showState()
  })
  player.addEventListener('fault', ({ detail }) => {
    say(`${player.track.title}: ${detail.message}`, { isFault: true })
  })
  player.addEventListener('refused', ({ detail }) => {
    say(`${player.track.title}: ${detail.message} Press Play to begin again.`, { isFault: true })
  })
  for (const type of ['play', 'pause', 'ended', 'emptied']) player.audio.addEventListener(type, showState)
  byId('look-again').addEventListener('click', show)
  byId('more-tracks').addEventListener('click', showMore)
  return show()
}
