/** What an element plays, and how: a new link must not change it. */
import { on } from './listen.ts'
import { swapSource } from './swap-source.ts'

export interface Playback {
  /** Seconds: the position of the listener, also while the element does not have it yet. */
  readonly position: () => number
  /** Whether the element still has the source of the last `claim` or `swap`: any other is the app's own. */
  readonly isOurs: () => boolean
  /** Takes the present source for ours. */
  readonly claim: () => void
  /** Plays on from this url. */
  readonly swap: (url: string) => void
  /** Takes the source away, and with it what is in the buffer, unless it is the app's own. */
  readonly empty: () => void
}

export function watchPlayback(element: HTMLMediaElement, signal: AbortSignal): Playback {
  let source = element.src
  let shouldPlay = !element.paused
  let hadMetadata = element.readyState > 0
  let position: () => number = currentTime

  function currentTime(): number {
    return element.currentTime
  }

  function handlePlay(): void {
    shouldPlay = true
  }

  function handlePause(): void {
    // Some browsers pause an element that fails, though the listener did not.
    if (element.error === null) shouldPlay = false
  }

  function handleMetadata(): void {
    hadMetadata = true
  }

  function isOurs(): boolean {
    return element.src === source && !element.srcObject
  }

  on(element, ['play'], handlePlay, signal)
  on(element, ['pause'], handlePause, signal)
  on(element, ['loadedmetadata'], handleMetadata, signal)

  return {
    position: () => position(),
    isOurs,
    claim() {
      source = element.src
    },
    swap(url) {
      const kept = {
        // At its end, the new link would end a second time.
        position: element.ended ? 0 : position(),
        shouldPlay: !element.paused || (element.error !== null && shouldPlay),
        hadMetadata,
      }
      position = swapSource(element, url, kept, signal)
      source = element.src
    },
    empty() {
      if (!isOurs() || !element.hasAttribute('src')) return
      element.removeAttribute('src')
      // Until then, the element keeps what it has, and plays on.
      element.load()
      source = element.src
    },
  }
}
