/** What the package offers. */
export { createStreamRouter, type StreamRouter, type StreamRouterOptions } from './router.js'
export { validateId } from './middleware/validate-id.js'
export { requireSignedUrl, type RequireSignedUrlOptions } from './middleware/require-signed-url.js'
export { rangeStream, type RangeStreamOptions } from './middleware/range-stream.js'
export {
  streamErrorHandler,
  type StreamErrorHandlerOptions,
  type StreamErrorMiddleware,
  type StreamMessages,
} from './middleware/error-handler.js'
export type { AllowedOrigin, CrossOriginOptions } from './middleware/cross-origin.js'
export type { StreamMiddleware, StreamRequest } from './middleware/handler.js'
export type { StreamLogger } from './middleware/observer.js'
export {
  computeSignature,
  createSigner,
  type Expiry,
  type SignedParameters,
  type Signer,
  type SignerOptions,
} from './signing/signer.js'
export {
  verifySignedUrl,
  type Grant,
  type SignatureErrorCode,
  type Verification,
  type VerifierOptions,
} from './signing/verifier.js'
export type { Clock } from './signing/clock.js'
export type { Secret } from './signing/keyring.js'
export type { AudioExtension } from './http/media-type.js'
export { StreamError, type StreamErrorCode, type StreamErrorDetails } from './errors.js'
export {
  STREAM_CHANNELS,
  type StreamCompletionEvent,
  type StreamOutcome,
  type StreamRefusalEvent,
  type StreamRequestEvent,
} from './events.js'
