/**
 * Whether a new link is worth its price. Putting it in empties the buffer, which a listener hears as a short gap; a
 * paused element pays nothing.
 */

/** Seconds by which `buffered` and `duration` may differ where nothing is missing. */
const TOLERANCE = 0.25

/** Whether the element may ask the server for anything more, or somebody may soon make it. */
export function needsServer(element: HTMLMediaElement): boolean {
  if (element.ended) return false
  // A forgotten tab asks for nothing: it would keep a session alive for ever.
  if (element.paused && element.ownerDocument.hidden) return false
  const from = element.paused || element.loop ? 0 : element.currentTime
  return !isBuffered(element, from)
}

/** Whether all from this second to the end is in the buffer. */
function isBuffered({ buffered, duration }: HTMLMediaElement, from: number): boolean {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= from + TOLERANCE && buffered.end(index) >= duration - TOLERANCE) return true
  }
  return false
}
