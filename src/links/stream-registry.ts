/** The streams in progress that a link opened, on this node. */
import { randomUUID } from 'node:crypto'
import { StreamError, type StreamErrorCode } from '../errors'
import { Roster, type RosterEntry } from '../roster'
import type { DeliveryControl, EndOutcome } from '../delivery/deliver'
import type { AuthenticLink } from '../signing/authenticate-link'
import type { Place } from './stream-places'

/** A stream in progress, for operators. */
export interface ActiveStream {
  /** By which it can be ended. */
  readonly id: string
  readonly track: string
  /** The name of its link: its linkId, or the first 32 digits of its signature. */
  readonly linkId: string
  readonly listener: string | undefined
  /** Of the secret that signed its link, if that has a name. */
  readonly keyId: string | undefined
  /** When its link was signed, in seconds since the epoch, if it says so. */
  readonly signedAt: number | undefined
  readonly clientIp: string | undefined
  /** As the app has it in `req.id`. */
  readonly requestId: string | undefined
  /** The `Content-Range` of the response; undefined for the whole track. */
  readonly range: string | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Body bytes that were handed over until now. */
  readonly bytesSent: number
}

/** What only its request knows of a stream. */
export type StreamOfRequest = Pick<ActiveStream, 'clientIp' | 'requestId' | 'range' | 'startedAt'>

export interface StreamControl extends DeliveryControl {
  describe(): StreamOfRequest
}

export interface OpenStream {
  readonly link: AuthenticLink
  readonly place: Place | undefined
  readonly control: StreamControl
  /** Made when it is first wanted. */
  id?: string
  /** In the registry. */
  entry?: RosterEntry<OpenStream>
}

const REFUSALS: Readonly<Record<EndOutcome, StreamErrorCode>> = {
  revoked: 'LINK_REVOKED',
  displaced: 'TOO_MANY_STREAMS',
  ended: 'LINK_REVOKED',
}

export class StreamRegistry {
  readonly #streams = new Roster<OpenStream>()

  get size(): number {
    return this.#streams.size
  }

  add(stream: OpenStream): void {
    stream.entry = this.#streams.add(stream)
  }

  delete(stream: OpenStream): void {
    this.#streams.remove(stream.entry)
  }

  list(): readonly ActiveStream[] {
    return this.#streams.all().map(describeStream)
  }

  /** The streams in progress now; some may end while they are looked at. */
  all(): readonly OpenStream[] {
    return this.#streams.all()
  }

  end(stream: OpenStream, outcome: EndOutcome): void {
    this.delete(stream)
    stream.control.end(outcome, new StreamError(REFUSALS[outcome]), 'now')
  }

  /** @returns whether there is such a stream */
  endById(id: string): boolean {
    for (const stream of this.#streams.all()) {
      // An id is made when it is first needed.
      if (stream.id === undefined || stream.id !== id) continue
      this.end(stream, 'ended')
      return true
    }
    return false
  }
}

function describeStream(stream: OpenStream): ActiveStream {
  const { link, control } = stream
  stream.id ??= randomUUID()
  const { id: track, listener, signedAt } = link.grant
  const { name: linkId, keyId } = link
  const bytesSent = control.bytesSent()
  return { id: stream.id, track, linkId, listener, keyId, signedAt, ...control.describe(), bytesSent }
}
