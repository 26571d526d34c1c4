/** What links see of the client of a request. */
export interface LinkClient {
  /** As the app has it; undefined if it is not known. */
  readonly address: string | undefined
  /** The header `X-Playback-Session-Id`, which players of Apple send. */
  readonly playbackSession: string | undefined
  /** The header `Cookie`. */
  readonly cookies: string | undefined
  /** The header `User-Agent`. */
  readonly userAgent?: string | undefined
  /** Whether the request came over https, as far as the host knows. */
  readonly isSecure: boolean
  /** Of the URL as it was sent, percent-encoded. */
  readonly path: string
}
