/** Gives an element another link to the same media, and keeps everything else as the listener has it. */

export interface Kept {
  /** Seconds. */
  readonly position: number
  readonly shouldPlay: boolean
  /** Whether the element has had the metadata of an earlier link. */
  readonly hadMetadata: boolean
}

/** @returns a function that gives the listener's position in seconds, also while the element does not know it yet */
export function swapSource(
  element: HTMLMediaElement,
  url: string,
  { position, shouldPlay, hadMetadata }: Kept,
  signal: AbortSignal,
): () => number {
  const { playbackRate, defaultPlaybackRate, preservesPitch } = element
  if (hadMetadata) keepDuration(element, signal)
  if (element.muted) keepMuted(element, signal)

  // Loads the media, which pauses without an event and resets the rate to its default.
  element.src = url
  element.defaultPlaybackRate = defaultPlaybackRate
  element.playbackRate = playbackRate
  element.preservesPitch = preservesPitch
  const currentPosition = startAt(element, position, signal)

  if (shouldPlay) {
    // Rejects if the listener pauses meanwhile, or if the browser requires a click first.
    element.play().catch(() => undefined)
  } else if (hadMetadata) {
    // Otherwise an element with `autoplay` would start to play with each link.
    element.pause()
  }
  return currentPosition
}

/** With preload=none, a paused element would lose the duration that it has shown. */
function keepDuration(element: HTMLMediaElement, signal: AbortSignal): void {
  if (element.preload !== 'none') return
  element.preload = 'metadata'
  function restore(): void {
    element.preload = 'none'
  }
  element.addEventListener('loadedmetadata', restore, { once: true, signal })
}

/** At a rate other than 1, WebKitGTK unmutes the element when the metadata arrive. */
function keepMuted(element: HTMLMediaElement, signal: AbortSignal): void {
  let isMuted = true
  // Before the metadata, only the listener unmutes.
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

/** Seconds: too short to hear, and enough for WebKit to make the seek. */
const NUDGE = 0.01

/** Plays from `position`, unless the listener seeks elsewhere before that is possible. */
function startAt(element: HTMLMediaElement, position: number, signal: AbortSignal): () => number {
  if (position === 0) return () => element.currentTime
  // HTML's "default playback start position": the element reports it from now on, and seeks there with the metadata.
  element.currentTime = position
  const isKept = Math.abs(element.currentTime - position) < NUDGE
  /** The position to seek to, if the element did not keep it. */
  let pending = isKept ? undefined : position
  const source = element.src

  function seek(): void {
    const target = pending ?? element.currentTime
    if (element.src !== source || element.seeking || target === 0) return
    // WebKit reports the position as reached, skips a seek to it, and stays at the beginning.
    element.currentTime = Math.min(target + NUDGE, element.duration)
  }
  // Phones sometimes ignore a seek that comes before they can play.
  function seekOnceMore(): void {
    if (pending !== undefined && element.currentTime < Math.min(pending, element.duration) - 1) seek()
    pending = undefined
  }
  function yieldToListener(): void {
    if (pending !== undefined && Math.abs(element.currentTime - pending) > 1) pending = undefined
  }
  element.addEventListener('loadedmetadata', seek, { once: true, signal })
  element.addEventListener('seeking', yieldToListener, { signal })
  element.addEventListener('canplay', seekOnceMore, { once: true, signal })
  return () => pending ?? element.currentTime
}
