/** A media element whose state follows HTML. It does nothing by itself: tests decide what the network brings. */

/**
 * Whether a seek before the metadata is kept, as HTML requires; lost, as in older versions of WebKit; or reported but
 * not made, as in WebKit now.
 */
export type EarlySeek = 'kept' | 'lost' | 'reported'

export class ScriptedPage extends EventTarget {
  hidden = false
  readonly defaultView = new EventTarget()

  show(isShown: boolean): void {
    this.hidden = !isShown
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

export class ScriptedMedia extends EventTarget {
  readonly ownerDocument = new ScriptedPage()
  readonly baseURI = 'https://app.example/listen'
  readonly #earlySeek: EarlySeek
  /** Every source that it was given. */
  readonly sources: string[] = []
  /** Every second that was sought. */
  readonly seeks: number[] = []
  #src = ''
  #hasSource = false
  #currentTime = 0
  #startPosition = 0
  #ranges: readonly (readonly [number, number])[] = []
  srcObject: unknown = null
  paused = true
  ended = false
  seeking = false
  autoplay = false
  loop = false
  preload = 'auto'
  playbackRate = 1
  defaultPlaybackRate = 1
  preservesPitch = true
  muted = false
  readyState = 0
  duration = NaN
  error: { readonly code: number } | null = null
  /** What play() does: some browsers want a click first. */
  isPlayAllowed = true

  constructor(earlySeek: EarlySeek = 'kept') {
    super()
    this.#earlySeek = earlySeek
  }

  get element(): HTMLMediaElement {
    return this as unknown as HTMLMediaElement
  }

  get src(): string {
    return this.#src
  }

  set src(url: string) {
    this.#src = url === '' ? '' : new URL(url, this.baseURI).href
    this.#hasSource = true
    this.sources.push(this.#src)
    // With nothing loaded before, a play() that came too early still counts.
    this.#reset(this.sources.length === 1)
    this.#emitSoon('emptied', 'timeupdate', 'loadstart')
  }

  hasAttribute(name: string): boolean {
    return name === 'src' && this.#hasSource
  }

  /** Alone, it changes nothing of what the element has loaded. */
  removeAttribute(name: string): void {
    if (name !== 'src') return
    this.#src = ''
    this.#hasSource = false
  }

  load(): void {
    this.#reset(false)
    this.#emitSoon('emptied', 'timeupdate', ...(this.#hasSource ? ['loadstart'] : []))
  }

  #reset(keepsPlaying: boolean): void {
    Object.assign(this, { readyState: 0, duration: NaN, error: null, ended: false, seeking: false })
    this.#currentTime = 0
    this.#ranges = []
    this.playbackRate = this.defaultPlaybackRate
    if (!keepsPlaying) this.paused = true
  }

  get currentTime(): number {
    return this.#startPosition === 0 ? this.#currentTime : this.#startPosition
  }

  set currentTime(seconds: number) {
    if (this.readyState === 0) {
      if (this.#earlySeek !== 'lost') this.#startPosition = seconds
      return
    }
    this.seeks.push(seconds)
    this.#currentTime = Math.min(seconds, this.duration)
    this.seeking = true
    this.#emitSoon('seeking')
  }

  get buffered() {
    const ranges = this.#ranges
    return {
      length: ranges.length,
      start: (index: number) => ranges[index]?.[0],
      end: (index: number) => ranges[index]?.[1],
    }
  }

  play(): Promise<void> {
    if (!this.isPlayAllowed) return Promise.reject(new DOMException('Click first', 'NotAllowedError'))
    if (this.paused) {
      this.paused = false
      this.#emitSoon('play')
    }
    return Promise.resolve()
  }

  pause(): void {
    this.autoplay = false
    if (this.paused) return
    this.paused = true
    this.#emitSoon('pause')
  }

  /* What the network brings */

  /** The metadata have come. */
  begin(duration = 3600): void {
    Object.assign(this, { readyState: 1, duration })
    const start = this.#startPosition
    this.#startPosition = 0
    if (this.#earlySeek === 'reported') this.#currentTime = start
    else if (start > 0) this.currentTime = start
    this.#emit('loadedmetadata')
  }

  /** Enough has come to play at the position. */
  arrive(): void {
    const { seeking } = this
    Object.assign(this, { readyState: 4, seeking: false })
    if (seeking) this.#emit('seeked')
    this.#emit('canplay')
    if (!this.paused) this.#emit('playing')
  }

  buffer(...ranges: readonly (readonly [number, number])[]): void {
    this.fill(...ranges)
    this.#emit('progress')
  }

  /** As `buffer`, without an event. */
  fill(...ranges: readonly (readonly [number, number])[]): void {
    this.#ranges = ranges
  }

  /** The sound has moved on. */
  reach(seconds: number): void {
    this.#currentTime = seconds
    this.#emit('timeupdate')
  }

  /** The sound has moved on by this many seconds, without an event. */
  drift(seconds: number): void {
    this.#currentTime += seconds
  }

  /** Mutes or unmutes, as the listener or the browser does. */
  mute(isMuted: boolean): void {
    this.muted = isMuted
    this.#emit('volumechange')
  }

  wait(): void {
    this.readyState = 2
    this.#emit('waiting')
  }

  /** Says once more that nothing comes. */
  stall(): void {
    this.#emit('stalled')
  }

  end(): void {
    this.#currentTime = this.duration
    Object.assign(this, { ended: true, paused: true })
    this.#emit('timeupdate', 'pause', 'ended')
  }

  fail(code: number): void {
    this.error = { code }
    this.#emit('error')
  }

  /** The metadata and enough data to play have come. */
  receive(): void {
    this.begin()
    this.arrive()
  }

  /** An element emits the events of what scripts do to it when they have returned. */
  #emitSoon(...types: readonly string[]): void {
    queueMicrotask(() => {
      this.#emit(...types)
    })
  }

  #emit(...types: readonly string[]): void {
    for (const type of types) this.dispatchEvent(new Event(type))
  }
}
