/** By which link a request has come, and from where: what every event and log line says of it. */
import type { StreamAttribution } from '../events'
import { toPrintable } from '../http/printable'
import type { Grant } from '../signing/authenticate-link'
import type { StreamRequest } from './stream-request'

const SHOWN_ADDRESS = 64
const SHOWN_REQUEST_ID = 64

/** The link of a request; without fields if no signature is required, or none holds. */
export interface UsedLink {
  readonly grant?: Grant | undefined
  /** As in AuthenticLink. */
  readonly linkName?: string | undefined
}

/** @param address of the client, as it was when the request came: a closed socket has none */
export function attribute(
  req: StreamRequest,
  { grant, linkName }: UsedLink,
  address: string | undefined,
): StreamAttribution {
  return {
    listener: grant?.listener,
    linkId: linkName ?? grant?.linkId,
    clientIp: shownAddress(address),
    requestId: requestIdOf(req),
  }
}

/** Behind a trusted proxy, Express takes the address from a header of the client. */
export function shownAddress(address: string | undefined): string | undefined {
  return address && toPrintable(address, SHOWN_ADDRESS)
}

/** `req.id`, under which pino-http and express-request-id keep it; the app may have it from a header of the client. */
export function requestIdOf({ id }: StreamRequest): string | undefined {
  if (typeof id !== 'string' && typeof id !== 'number') return undefined
  return toPrintable(String(id), SHOWN_REQUEST_ID)
}

/** The same for a log line, without the fields that are undefined: one of the app's own must not be lost for them. */
export function attributionFields(who: StreamAttribution): Readonly<Record<string, string>> {
  return {
    ...(who.listener !== undefined && { listener: who.listener }),
    ...(who.linkId !== undefined && { link_id: who.linkId }),
    ...(who.clientIp !== undefined && { client_ip: who.clientIp }),
    ...(who.requestId !== undefined && { request_id: who.requestId }),
  }
}
