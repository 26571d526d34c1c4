/** The audio element, its track and its link. `express-signed-stream/client` keeps it playing when links expire. */
import { keepPlaying } from './vendor/client/index.js'
import { sign } from './server.js'

/**
 * Tells by events: `track` when another is chosen, `link` when a link was put in, `fault` with what went wrong.
 * Positions, pauses and alike are told by `audio` itself.
 */
class Player extends EventTarget {
  /** Undefined until the first track is chosen. */
  track
  /** What `sign` gave, for the link that is in. */
  link
  /** Seconds that new links live. */
  lifetime = 3600
  #audio
  #keeper
  #signed

  constructor(audio) {
    super()
    this.#audio = audio
  }

  get audio() {
    return this.#audio
  }

  async open(track, { isWanted }) {
    this.#keeper?.close()
    // Without a source, the element forgets where it was in the other track.
    this.#audio.pause()
    this.#audio.removeAttribute('src')
    this.#audio.load()
    this.track = track
    this.link = undefined
    this.#tell('track')
    await this.#keep({})
    if (isWanted && this.track === track) this.play()
  }

  /** One link for `lifetime` seconds, which is replaced at its expiry and not before; those after it as usual. */
  async playBriefly(lifetime) {
    this.#keeper.close()
    await this.#keep({ firstLifetime: lifetime, leeway: 0 })
    this.play()
  }

  renew() {
    return this.#keeper.renew().catch(() => {})
  }

  toggle() {
    if (this.#audio.paused) this.play()
    else this.#audio.pause()
  }

  play() {
    this.#audio.play().catch(error => {
      // What it is by itself, another source or a failed link, is told elsewhere.
      if (error.name === 'NotAllowedError')
        this.#fault(new Error('The browser wants one more click on Play.'))
    })
  }

  seek(seconds) {
    const { duration } = this.#audio
    const end = Number.isFinite(duration) ? duration : (this.track?.duration ?? 0)
    this.#audio.currentTime = Math.min(Math.max(seconds, 0), end)
  }

  #keep({ firstLifetime, leeway = 30 }) {
    const { track } = this
    let next = firstLifetime
    this.#keeper = keepPlaying(this.#audio, {
      leeway,
      sign: async ({ signal }) => {
        const signed = await sign(track, next ?? this.lifetime, 'player', signal)
        next = undefined
        this.#signed = signed
        return { url: signed.url, expires: signed.expires, expiresIn: signed.lifetime }
      },
      onRenew: () => {
        if (this.track !== track) return
        this.link = this.#signed
        this.#tell('link')
      },
      onError: error => {
        if (this.track === track) this.#fault(error)
      },
    })
    // Its fault is told by onError.
    return this.#keeper.ready.catch(() => {})
  }

  #fault(error) {
    const isMedia = error instanceof MediaError
    this.#tell('fault', isMedia ? new Error('The browser cannot play it, or the server refuses it.') : error)
  }

  #tell(type, detail) {
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
