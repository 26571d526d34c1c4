/** Gives an element another link to the same media, and leaves all else as the listener has it. */

export interface Playback {
  /** Seconds. */
  readonly position: number
  /** Whether the listener wants it to play. */
  readonly isWanted: boolean
  /** Whether it ever got as far as the metadata. */
  readonly wasLoaded: boolean
}

/** @returns tells at which second the listener is, also while the element does not know yet */
export function putIn(
  element: HTMLMediaElement,
  url: string,
  { position, isWanted, wasLoaded }: Playback,
  signal: AbortSignal,
): () => number {
  const { playbackRate, defaultPlaybackRate, preservesPitch } = element
  if (wasLoaded) keepDuration(element, signal)
  if (element.muted) keepMuted(element, signal)

  // Loads: which pauses without an event, and sets the rate back to its default.
  element.src = url
  element.defaultPlaybackRate = defaultPlaybackRate
  element.playbackRate = playbackRate
  element.preservesPitch = preservesPitch
  const tellPosition = startAt(element, position, signal)

  if (isWanted) {
    // Rejected where somebody pauses meanwhile, and where the browser wants a click first.
    element.play().catch(() => undefined)
  } else if (wasLoaded) {
    // An element with `autoplay` would begin by itself with each load.
    element.pause()
  }
  return tellPosition
}

/** With preload=none, a paused element that has been listened to would forget its duration. */
function keepDuration(element: HTMLMediaElement, signal: AbortSignal): void {
  if (element.preload !== 'none') return
  element.preload = 'metadata'
  function restore(): void {
    element.preload = 'none'
  }
  element.addEventListener('loadedmetadata', restore, { once: true, signal })
}

/** With a rate other than 1, WebKitGTK unmutes what it loads, as soon as it has the metadata. */
function keepMuted(element: HTMLMediaElement, signal: AbortSignal): void {
  let isMuted = true
  // Before the metadata, it is the listener who unmutes.
  function follow(): void {
    if (element.readyState === 0) isMuted = element.muted
  }
  function restore(): void {
    element.removeEventListener('volumechange', follow)
    if (isMuted) element.muted = true
  }
  element.addEventListener('volumechange', follow, { signal })
  element.addEventListener('loadedmetadata', restore, { once: true, signal })
}

/** Seconds: nobody hears them, and WebKit takes the seek for another one. */
const NUDGE = 0.01

/** Of two wishes where to be, the last one wins: a seek of the listener replaces ours. */
function startAt(element: HTMLMediaElement, position: number, signal: AbortSignal): () => number {
  if (position === 0) return () => element.currentTime
  // HTML's default playback start position: the element tells it from now on, and seeks there with the metadata.
  element.currentTime = position
  const isKept = Math.abs(element.currentTime - position) < NUDGE
  /** Where to be, as long as the element does not know it. */
  let wish = isKept ? undefined : position
  const source = element.src

  function seek(): void {
    const target = wish ?? element.currentTime
    if (element.src !== source || element.seeking || target === 0) return
    // WebKit sets out from where it is told to go, finds itself there, and stays at the beginning.
    element.currentTime = Math.min(target + NUDGE, element.duration)
  }
  // Phones take no seek at times before they can play.
  function settle(): void {
    if (wish !== undefined && element.currentTime < Math.min(wish, element.duration) - 1) seek()
    wish = undefined
  }
  function yieldToListener(): void {
    if (wish !== undefined && Math.abs(element.currentTime - wish) > 1) wish = undefined
  }
  element.addEventListener('loadedmetadata', seek, { once: true, signal })
  element.addEventListener('seeking', yieldToListener, { signal })
  element.addEventListener('canplay', settle, { once: true, signal })
  return () => wish ?? element.currentTime
}
