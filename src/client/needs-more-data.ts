/**
 * Whether a new link is worth its cost: it empties the buffer, which a listener hears as a short gap. While an element
 * is paused, nobody hears it.
 */

/** Seconds by which `buffered` and `duration` may differ when all of the track is there. */
const TOLERANCE = 0.25

/** Whether the element needs data from the server to play on, or to be sought in while it is paused. */
export function needsMoreData(element: HTMLMediaElement): boolean {
  if (element.ended) return false
  // A renewal in a forgotten tab would keep its session alive for ever.
  if (element.paused && element.ownerDocument.hidden) return false
  const from = element.paused || element.loop ? 0 : element.currentTime
  return !isBuffered(element, from)
}

/** Whether the buffer has everything from this second to the end. */
function isBuffered({ buffered, duration }: HTMLMediaElement, from: number): boolean {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= from + TOLERANCE && buffered.end(index) >= duration - TOLERANCE) return true
  }
  return false
}
