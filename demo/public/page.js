/** The player. Each track is opened by a link signed for it, and by a new one when that has expired. */
import { formatSize, formatTime, titleOf } from './format.js'

const byId = id => document.getElementById(id)
const audio = byId('audio')
const seek = byId('seek')

/** The entry in the player with the link that opens it; undefined until the first track is chosen. */
let current
/** Seconds at which to begin once the metadata of a new link has come. */
let startAt = 0
/** Counts the openings, so that an answer that comes late does not replace the track chosen since. */
let openings = 0
let isOpening = false
/** Whether the listener wants it to play: after an error, the element itself says that it is paused. */
let isWanted = false
let isDragging = false

/* Tracks */

async function showTracks() {
  try {
    const { tracks } = await getJson('api/tracks')
    byId('tracks').append(...tracks.map(makeRow))
    say(tracks.length === 0 ? 'No tracks yet: put some into the audio directory.' : '')
  } catch (error) {
    say(`The tracks cannot be listed: ${error.message}`)
  }
}

function makeRow({ id, size, type }) {
  const row = byId('row').content.cloneNode(true).firstElementChild
  const part = name => row.querySelector(name)
  const entry = {
    id,
    title: titleOf(id),
    button: part('button'),
    verb: part('.verb'),
    length: part('.length'),
  }
  part('.name').textContent = entry.title
  part('.size').textContent = formatSize(size)
  part('.size').title = type
  entry.button.addEventListener('click', () => (entry === current?.entry ? toggle() : open(entry)))
  entries.set(row, entry)
  sight.observe(row)
  return row
}

const entries = new Map()

/** Only rows in sight, one after the other: a long list must not fetch the beginning of every file. */
const sight = new IntersectionObserver(rows => {
  for (const { isIntersecting, target } of rows) {
    if (!isIntersecting) continue
    sight.unobserve(target)
    measuring = measuring.then(() => measure(entries.get(target))).catch(() => {})
  }
})
let measuring = Promise.resolve()

async function measure(entry) {
  const { url } = await sign(entry.id, 60)
  const probe = new Audio()
  await new Promise(settle => {
    probe.addEventListener('loadedmetadata', settle)
    probe.addEventListener('error', settle)
    probe.preload = 'metadata'
    probe.src = url
  })
  entry.length.textContent = formatTime(probe.duration)
  probe.removeAttribute('src')
  probe.load()
}

/* Links */

async function sign(id, lifetime) {
  // By our own clock, and from before the request: the server's may differ.
  const expiresAt = Date.now() + lifetime * 1000
  const { url } = await getJson(`api/sign/${encodeURIComponent(id)}?expiresIn=${lifetime}`)
  return { url: new URL(url, location.href).href, expiresAt }
}

async function getJson(path) {
  const response = await fetch(path)
  const body = await response.json()
  if (!response.ok) throw new Error(body.error)
  return body
}

function hasExpired() {
  return Date.now() >= current.link.expiresAt
}

async function copyLink() {
  if (hasExpired()) await reopen()
  const link = byId('link')
  try {
    await navigator.clipboard.writeText(link.value)
    say('Link copied')
  } catch {
    // Browsers keep the clipboard from pages that came by plain http, unless from localhost.
    link.select()
    say('The link is selected: copy it with your keyboard or menu')
  }
}

/* Playing */

async function open(entry, { at = 0, play = true, isRetry = false } = {}) {
  const opening = ++openings
  isOpening = true
  try {
    const link = await sign(entry.id, Number(byId('lifetime').value))
    if (opening !== openings) return
    current = { entry, link, isRetry }
    startAt = at
    audio.src = link.url
    say('')
    showCurrent()
    // Rejected where another source takes over, and where the browser wants one more click.
    if (play) audio.play().catch(() => {})
  } catch (error) {
    if (opening === openings) say(`${entry.title} cannot be opened: ${error.message}`)
  } finally {
    if (opening === openings) isOpening = false
  }
}

/** The same track by a new link, at the same second. */
function reopen(changes) {
  return open(current.entry, { at: position(), play: isWanted, ...changes })
}

function position() {
  return startAt || audio.currentTime
}

function toggle() {
  if (!audio.paused) audio.pause()
  else if (hasExpired()) reopen({ at: audio.ended ? 0 : position(), play: true })
  else audio.play().catch(() => {})
}

function seekTo(seconds) {
  if (hasExpired()) reopen({ at: seconds })
  else if (audio.readyState === HTMLMediaElement.HAVE_NOTHING) startAt = seconds
  else audio.currentTime = seconds
}

audio.addEventListener('loadedmetadata', () => {
  if (startAt > 0) audio.currentTime = startAt
  startAt = 0
})
audio.addEventListener('error', () => {
  if (isOpening) return
  // Once more even before its time: after a restart the server may have a new secret.
  if (hasExpired() || !current.isRetry) reopen({ isRetry: true })
  else say(`${current.entry.title} cannot be played`)
})
audio.addEventListener('play', () => {
  isWanted = true
})
audio.addEventListener('pause', () => {
  if (audio.error === null) isWanted = false
})
audio.addEventListener('waiting', () => {
  // Safari waits for ever, without an error, when a link expires under it.
  if (!isOpening && hasExpired()) reopen()
})

/* What is seen */

function say(text) {
  byId('message').textContent = text
}

function showCurrent() {
  byId('player').hidden = false
  byId('title').textContent = current.entry.title
  byId('duration').textContent = current.entry.length.textContent
  byId('link').value = current.link.url
  showPosition()
  showExpiry()
  showState()
}

function showState() {
  const isPlaying = !audio.paused
  const verb = isPlaying ? 'Pause' : 'Play'
  for (const entry of entries.values()) {
    const isCurrent = entry === current?.entry
    entry.button.ariaCurrent = isCurrent ? 'true' : null
    entry.button.classList.toggle('playing', isCurrent && isPlaying)
    entry.verb.textContent = isCurrent ? verb : 'Play'
  }
  byId('play').classList.toggle('playing', isPlaying)
  byId('play').setAttribute('aria-label', verb)
}

function showPosition() {
  if (isDragging) return
  seek.value = position()
  showTime(position())
}

function showTime(seconds) {
  byId('position').textContent = formatTime(seconds)
  seek.setAttribute('aria-valuetext', `${formatTime(seconds)} of ${formatTime(audio.duration)}`)
}

function showDuration() {
  if (!Number.isFinite(audio.duration)) return
  seek.max = audio.duration
  byId('duration').textContent = current.entry.length.textContent = formatTime(audio.duration)
  showPosition()
}

function showExpiry() {
  if (current === undefined) return
  const left = Math.ceil((current.link.expiresAt - Date.now()) / 1000)
  byId('expiry').textContent = left > 0 ? `valid for ${formatTime(left)}` : 'expired, signed anew when needed'
  byId('expiry').classList.toggle('expired', left <= 0)
}

audio.addEventListener('timeupdate', showPosition)
audio.addEventListener('durationchange', showDuration)
for (const event of ['play', 'pause', 'ended']) audio.addEventListener(event, showState)
seek.addEventListener('input', () => {
  isDragging = true
  showTime(Number(seek.value))
})
seek.addEventListener('change', () => {
  isDragging = false
  seekTo(Number(seek.value))
})
byId('play').addEventListener('click', toggle)
byId('copy').addEventListener('click', copyLink)
byId('lifetime').addEventListener('change', () => reopen())
setInterval(showExpiry, 1000)

await showTracks()
