/** The position in the track: a waveform to click and drag in, which is a slider for keyboards and screen readers. */
import WaveSurfer from './vendor/wavesurfer.esm.js'
import { byId } from './dom.js'
import { formatSize, formatTime, speakTime } from './format.js'
import { fetchPeaks } from './peaks.js'

/** Bytes up to which the file is fetched without a click. */
const UNASKED = 10e6
/** Bytes above which decoding would take too much of a phone's memory. */
const TOO_LARGE = 64e6
/** In place of a waveform, if there is none: one can click and drag in it too. */
const FLAT = new Float32Array(1000).fill(0.06)
/** Seconds that a key moves. */
const KEYS = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 30, PageDown: -30 }

export function createWaveform(player) {
  const { audio } = player
  const slider = byId('waveform')
  const drawn = new Map()
  let drawing = new AbortController()
  let isDragged = false

  const wave = WaveSurfer.create({
    container: slider,
    media: audio,
    height: 88,
    barWidth: 3,
    barGap: 2,
    barRadius: 3,
    barMinHeight: 3,
    cursorWidth: 2,
    dragToSeek: { debounceTime: 100 },
    hideScrollbar: true,
    cspNonce: byId('script').nonce,
    ...colours(),
  })
  for (const preference of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(preference).addEventListener('change', () => wave.setOptions(colours()))
  }

  function duration() {
    return Number.isFinite(audio.duration) ? audio.duration : (player.track?.duration ?? 0)
  }

  function show() {
    const { track } = player
    if (track === undefined || duration() === 0) return
    const url = audio.currentSrc || audio.src
    // With its own source, the element does not reload. The promise rejects if another track is chosen meanwhile.
    wave.load(url, [drawn.get(track.id) ?? FLAT], duration()).catch(() => {})
  }

  async function draw() {
    const { track } = player
    drawing.abort()
    drawing = new AbortController()
    const { signal } = drawing
    // Otherwise the focus would be lost with the button.
    if (document.activeElement === byId('draw')) slider.focus()
    byId('draw').hidden = true
    caption('Loading the waveform…')
    try {
      drawn.set(track.id, await fetchPeaks(track, signal))
      if (signal.aborted) return
      show()
      captionOf(track)
    } catch {
      if (!signal.aborted) caption('No waveform: this browser cannot load or decode the file.')
    }
  }

  function begin() {
    const { track } = player
    drawing.abort()
    byId('draw').hidden = true
    slider.removeAttribute('aria-disabled')
    show()
    if (drawn.has(track.id)) captionOf(track)
    else if (track.size <= UNASKED && navigator.connection?.saveData !== true) void draw()
    else if (track.size > TOO_LARGE)
      caption(`No waveform: the file has ${formatSize(track.size)}, which is too large.`)
    else {
      caption(`No waveform yet: the page must load all ${formatSize(track.size)}.`)
      byId('draw').hidden = false
    }
  }

  function captionOf(track) {
    caption(`Waveform of all ${formatSize(track.size)}, loaded with a signed link of its own.`)
  }

  function showPosition(seconds = audio.currentTime) {
    const end = duration()
    byId('position').textContent = formatTime(seconds)
    byId('duration').textContent = end === 0 ? '–:––' : formatTime(end)
    slider.setAttribute('aria-valuemax', Math.floor(end))
    slider.setAttribute('aria-valuenow', Math.floor(Math.min(seconds, end)))
    slider.setAttribute('aria-valuetext', `${speakTime(seconds)} of ${speakTime(end)}`)
  }

  wave.on('dragstart', () => {
    isDragged = true
  })
  wave.on('dragend', () => {
    isDragged = false
  })
  wave.on('interaction', seconds => {
    showPosition(seconds)
    // Before the audio can play, wavesurfer.js does not seek, so nothing would be requested.
    if (audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) player.seek(seconds)
  })
  slider.addEventListener('keydown', event => {
    if (player.track === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === ' ' || event.key === 'Enter') player.toggle()
    else if (event.key === 'Home') player.seek(0)
    else if (event.key === 'End') player.seek(duration() - 1)
    else if (event.key in KEYS) player.seek(audio.currentTime + KEYS[event.key])
    else return
    event.preventDefault()
  })
  for (const type of ['timeupdate', 'seeking', 'durationchange', 'emptied']) {
    audio.addEventListener(type, () => {
      if (!isDragged) showPosition()
    })
  }
  audio.addEventListener('loadedmetadata', () => {
    if (wave.getDecodedData() === null || player.track?.duration == null) show()
  })
  player.addEventListener('track', () => {
    begin()
    showPosition(0)
  })
  byId('draw').addEventListener('click', draw)
}

function colours() {
  const style = getComputedStyle(document.documentElement)
  const colour = name => style.getPropertyValue(name).trim()
  return { waveColor: colour('--wave'), progressColor: colour('--accent'), cursorColor: colour('--text') }
}

function caption(text) {
  byId('drawn').textContent = text
}
