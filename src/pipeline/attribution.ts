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

/** Fields of a log line. */
export type LogFields = Record<string, unknown>

/**
 * Adds the same to `fields` of a log line, but none that is undefined: one of the app's own must not be lost for it. By
 * assignment, as several spreads cost a response more than its line does.
 */
export function addAttribution(
  fields: LogFields,
  { listener, linkId, clientIp, requestId }: StreamAttribution,
): LogFields {
  if (listener !== undefined) fields['listener'] = listener
  if (linkId !== undefined) fields['link_id'] = linkId
  if (clientIp !== undefined) fields['client_ip'] = clientIp
  if (requestId !== undefined) fields['request_id'] = requestId
  return fields
}
