/** CORS for the JSON of the page and for the refusals of this server; the stream sets its own fields. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import cors from 'cors'

/** Sets the fields, and calls `next` unless the request was a preflight. */
export type CrossOrigin = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** @param origin the origins whose pages may read responses */
export function createCrossOrigin(origin: '*' | string[]): CrossOrigin {
  const options = { origin, methods: ['GET', 'HEAD'], exposedHeaders: ['Retry-After'] }
  return cors<IncomingMessage>(options) as CrossOrigin
}
