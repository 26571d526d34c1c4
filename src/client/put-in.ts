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

/** Of two wishes where to be, the last one wins: a seek of the listener replaces ours. */
function startAt(element: HTMLMediaElement, position: number, signal: AbortSignal): () => number {
  function current(): number {
    return element.currentTime
  }
  if (position === 0) return current
  // HTML's default playback start position: the element seeks there once it can, and tells it until then.
  element.currentTime = position
  if (Math.abs(element.currentTime - position) < 0.01) return current

  // WebKit takes no seek before the metadata, and on phones sometimes none before it can play.
  let wish: number | undefined = position
  const source = element.src
  function seek(): void {
    if (wish === undefined || element.src !== source) return
    wish = Math.min(wish, element.duration)
    if (Math.abs(element.currentTime - wish) > 1) element.currentTime = wish
  }
  function settle(): void {
    seek()
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
