/** The client of a request, as links see it. */
import { splitTarget } from '../http/request-target'
import type { LinkClient } from '../links/link-client'
import { clientIp, type StreamRequest } from './stream-request'

/** Reads each part of the request when a check needs it: most links need none. */
export class RequestClient implements LinkClient {
  readonly #req: StreamRequest

  constructor(req: StreamRequest) {
    this.#req = req
  }

  get address(): string | undefined {
    return clientIp(this.#req)
  }

  get playbackSession(): string | undefined {
    const value = this.#req.headers['x-playback-session-id']
    return typeof value === 'string' ? value : undefined
  }

  get cookies(): string | undefined {
    return this.#req.headers.cookie
  }

  get userAgent(): string | undefined {
    return this.#req.headers['user-agent']
  }

  get isSecure(): boolean {
    const { secure, socket } = this.#req as {
      readonly secure?: unknown
      readonly socket?: { readonly encrypted?: unknown }
    }
    return typeof secure === 'boolean' ? secure : socket?.encrypted === true
  }

  get path(): string {
    return splitTarget(String(this.#req.originalUrl ?? this.#req.url)).path
  }
}
