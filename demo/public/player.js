/**
 * The audio element, its track and its link. `express-signed-stream/client` renews links before they expire. If the server
 * refuses to sign one, the player stops, and `play` begins the track again.
 */
import { keepPlaying } from './vendor/client/index.js'
import { listener, sign } from './server.js'

/** Seconds after the expiry of a link for which this page may continue with it. */
const PLAY_FOR = 4 * 3600

/**
 * Emits `track` when another track is chosen, `link` when the element got a new link, `fault` with an error, and `refused`
 * with an error when the server refuses to sign: then there is no link, and the element is empty.
 * `audio` itself emits positions, pauses and the like.
 */
class Player extends EventTarget {
  /** Undefined until the first track is chosen. */
  track
  /** The result of `sign` for the link that the element has; undefined if it has none. */
  link
  /** The tracks that are listed so far. */
  tracks = []
  /** Seconds for which new links are valid. */
  lifetime = 3600
  #audio
  /** Renews the links of the current track; undefined while a link is played as it is. */
  #keeper
  #signed
  /** Whether the server has refused to sign, and nothing was signed since. */
  #isRefused = false

  constructor(audio) {
    super()
    this.#audio = audio
    audio.addEventListener('error', () => {
      if (this.#keeper === undefined && audio.error !== null) this.#fault(audio.error)
    })
  }

  get audio() {
    return this.#audio
  }

  async open(track, { isWanted }) {
    this.#choose(track)
    await this.#keep({})
    if (isWanted && this.track === track && !this.#isRefused) this.play()
  }

  /** Plays one link as it is, the result of `sign`: nothing renews it, so that one can watch what it allows. */
  playLink(track, link) {
    this.#choose(track)
    this.link = link
    this.#emit('link')
    this.#audio.src = link.url
    this.play()
  }

  /**
   * Plays with a link for `lifetime` seconds that is renewed at its expiry and not before, and after which nobody may
   * continue. Later links are as usual.
   */
  async playBriefly(lifetime) {
    this.#keeper?.close()
    await this.#keep({ firstLifetime: lifetime, leeway: 0 })
    if (!this.#isRefused) this.play()
  }

  renew() {
    return this.#keeper === undefined ? this.#keep({}) : this.#keeper.renew().catch(() => {})
  }

  /** The largest listed track: its stream is in progress for longer than that of a small one. */
  longestTrack() {
    return this.tracks.reduce((largest, each) => (each.size > largest.size ? each : largest), this.track)
  }

  toggle() {
    if (this.#audio.paused) this.play()
    else this.#audio.pause()
  }

  play() {
    if (this.#isRefused) return void this.open(this.track, { isWanted: true })
    this.#audio.play().catch(error => {
      // Other reasons, a new source or a failed link, are reported elsewhere.
      if (error.name === 'NotAllowedError')
        this.#fault(new Error('The browser blocks playback until you press Play.'))
    })
  }

  seek(seconds) {
    const { duration } = this.#audio
    const end = Number.isFinite(duration) ? duration : (this.track?.duration ?? 0)
    this.#audio.currentTime = Math.min(Math.max(seconds, 0), end)
  }

  #choose(track) {
    this.#keeper?.close()
    this.#keeper = undefined
    // Without a source, the element resets its position.
    this.#audio.pause()
    this.#audio.removeAttribute('src')
    this.#audio.load()
    this.track = track
    this.link = undefined
    this.#isRefused = false
    this.#emit('track')
  }

  #keep({ firstLifetime, leeway = 30 }) {
    const { track } = this
    let next = firstLifetime
    this.#isRefused = false
    const keeper = keepPlaying(this.#audio, {
      leeway,
      sign: async ({ signal }) => {
        const terms = next === undefined ? { listener, playFor: PLAY_FOR } : { listener }
        const signed = await sign(track, next ?? this.lifetime, 'player', signal, terms, this.link?.plain)
        next = undefined
        this.#signed = signed
        return { url: signed.url, expires: signed.expires, expiresIn: signed.lifetime }
      },
      onRenew: () => {
        if (this.track !== track) return
        this.link = this.#signed
        this.#emit('link')
      },
      onError: error => {
        if (this.track === track) this.#fault(error)
      },
      onRefused: ({ error }) => {
        if (this.#keeper === keeper) this.#stop(error)
      },
    })
    this.#keeper = keeper
    // onError or onRefused reports its error.
    return keeper.ready.catch(() => {})
  }

  /** The buffer would play on for minutes, though the listener may no longer hear it. */
  #stop(error) {
    this.#keeper.stop()
    this.#keeper = undefined
    this.link = undefined
    this.#isRefused = true
    this.#emit('refused', error)
  }

  #fault(error) {
    const isMedia = error instanceof MediaError
    this.#emit('fault', isMedia ? new Error('The browser cannot play it, or the server refuses it.') : error)
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

export function isBuffered({ buffered }, seconds) {
  return Array.from({ length: buffered.length }).some(
    (_, index) => buffered.start(index) <= seconds && seconds < buffered.end(index),
  )
}

export function createPlayer(audio) {
  return new Player(audio)
}
