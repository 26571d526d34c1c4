/**
 * `express-signed-stream/http`: tracks at an HTTP origin.
 *
 * @module http
 */
export { httpSource } from './http-source'
export type {
  HttpSourceOptions,
  OriginUrl,
  RequestHeaders,
  SignedRequest,
  UnsignedRequest,
} from './http-options'
