/** A media element that does what HTML says of its state, and nothing by itself: tests say what the network brings. */

/**
 * Whether a seek before the metadata is kept, as HTML says; lost, as in WebKit for long; or told but not made, as in
 * WebKit now.
 */
export type EarlySeek = 'kept' | 'lost' | 'told'

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
  /** Every source that was put in. */
  readonly sources: string[] = []
  /** Every second that was sought. */
  readonly seeks: number[] = []
  #src = ''
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
    this.sources.push(this.#src)
    const wasEmpty = this.sources.length === 1
    Object.assign(this, { readyState: 0, duration: NaN, error: null, ended: false, seeking: false })
    this.#currentTime = 0
    this.#ranges = []
    this.playbackRate = this.defaultPlaybackRate
    // With nothing loaded before, a play() that came too early still counts.
    if (!wasEmpty) this.paused = true
    this.#tellSoon('emptied', 'timeupdate', 'loadstart')
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
    this.#tellSoon('seeking')
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
      this.#tellSoon('play')
    }
    return Promise.resolve()
  }

  pause(): void {
    this.autoplay = false
    if (this.paused) return
    this.paused = true
    this.#tellSoon('pause')
  }

  /* What the network brings */

  /** The metadata have come. */
  begin(duration = 3600): void {
    Object.assign(this, { readyState: 1, duration })
    const start = this.#startPosition
    this.#startPosition = 0
    if (this.#earlySeek === 'told') this.#currentTime = start
    else if (start > 0) this.currentTime = start
    this.#tell('loadedmetadata')
  }

  /** Enough has come to play at the position. */
  arrive(): void {
    const { seeking } = this
    Object.assign(this, { readyState: 4, seeking: false })
    if (seeking) this.#tell('seeked')
    this.#tell('canplay')
    if (!this.paused) this.#tell('playing')
  }

  buffer(...ranges: readonly (readonly [number, number])[]): void {
    this.fill(...ranges)
    this.#tell('progress')
  }

  /** As `buffer`, without an event. */
  fill(...ranges: readonly (readonly [number, number])[]): void {
    this.#ranges = ranges
  }

  /** The sound has moved on. */
  reach(seconds: number): void {
    this.#currentTime = seconds
    this.#tell('timeupdate')
  }

  /** The sound has moved on by this many seconds, without an event. */
  drift(seconds: number): void {
    this.#currentTime += seconds
  }

  /** Mutes or unmutes, as the listener or the browser does. */
  mute(isMuted: boolean): void {
    this.muted = isMuted
    this.#tell('volumechange')
  }

  wait(): void {
    this.readyState = 2
    this.#tell('waiting')
  }

  /** Says once more that nothing comes. */
  stall(): void {
    this.#tell('stalled')
  }

  end(): void {
    this.#currentTime = this.duration
    Object.assign(this, { ended: true, paused: true })
    this.#tell('timeupdate', 'pause', 'ended')
  }

  fail(code: number): void {
    this.error = { code }
    this.#tell('error')
  }

  /** All that a link needs to play from where it is put in. */
  load(): void {
    this.begin()
    this.arrive()
  }

  /** What scripts do to an element, it tells when they are done. */
  #tellSoon(...types: readonly string[]): void {
    queueMicrotask(() => {
      this.#tell(...types)
    })
  }

  #tell(...types: readonly string[]): void {
    for (const type of types) this.dispatchEvent(new Event(type))
  }
}
