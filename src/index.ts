/** What the package offers. */
export { createStreamRouter } from './router'
export {
  createStreamHandler,
  type StreamHandler,
  type StreamHandlerOptions,
  type StreamRouterOptions,
} from './stream-handler'
export { validateId } from './middleware/validate-id'
export { requireSignedUrl, type RequireSignedUrlOptions } from './middleware/require-signed-url'
export { rangeStream } from './middleware/range-stream'
export type { CacheOptions, RangeStreamOptions } from './middleware/range-stream-options'
export {
  streamErrorHandler,
  type StreamErrorHandlerOptions,
  type StreamErrorMiddleware,
  type StreamMessages,
} from './middleware/error-handler'
export type { AllowedOrigin, CrossOriginOptions } from './middleware/cross-origin'
export type { StreamMiddleware, StreamRequest } from './middleware/handler'
export type { StreamLogger } from './middleware/observer'
export {
  computeSignature,
  createSigner,
  type Expiry,
  type SignedLink,
  type SignedParameters,
  type Signer,
  type SignerOptions,
} from './signing/signer'
export {
  verifySignedUrl,
  type Grant,
  type SignatureErrorCode,
  type Verification,
  type VerifierOptions,
} from './signing/verifier'
export type { Clock } from './clock'
export type { Secret } from './signing/keyring'
export { AUDIO_EXTENSIONS, isAudioExtension, mediaTypeOf, type AudioExtension } from './http/media-type'
export { isTrackId } from './track-id'
export type { EntityTagBasis } from './source/disk-source'
export type { TrackDescription } from './source/source'
export { StreamError, type StreamErrorCode, type StreamErrorDetails } from './errors'
export {
  STREAM_CHANNELS,
  type StreamCache,
  type StreamCompletionEvent,
  type StreamOutcome,
  type StreamReadEvent,
  type StreamRefusalEvent,
  type StreamRequestEvent,
} from './events'
