/**
 * What the package offers.
 *
 * @module express-signed-stream
 */
export {
  createStreamHandler,
  createStreamRouter,
  type StreamHandler,
  type StreamHandlerOptions,
  type StreamRouterOptions,
} from './stream-handler'
export type { Drain, DrainOptions, DrainResult } from './pipeline/granted-streams'
export { validateId } from './middleware/validate-id'
export { requireSignedUrl, type RequireSignedUrlOptions } from './middleware/require-signed-url'
export { rangeStream } from './middleware/range-stream'
export type { CacheOptions, RangeStreamOptions } from './pipeline/track-options'
export type {
  AccelRedirect,
  OffloadOptions,
  PresignContext,
  StoreRedirect,
  XSendfile,
} from './pipeline/offload/offload-options'
export {
  streamErrorHandler,
  type StreamErrorHandlerOptions,
  type StreamErrorMiddleware,
} from './middleware/error-handler'
export { ENGLISH_MESSAGES, type StreamMessages } from './messages'
export type { MessagesOfRequest, RefusalMessages } from './pipeline/refusal-text'
export type { AllowedOrigin, CrossOriginOptions } from './pipeline/cross-origin-options'
export type { StreamMiddleware, StreamRequest } from './pipeline/stream-request'
export type { StreamLogger } from './logger'
export type { OnCompletion } from './pipeline/on-completion'
export {
  computeSignature,
  createSigner,
  type LinkOptions,
  type SignedLink,
  type SignedParameters,
  type Signer,
  type SignerOptions,
} from './signing/signer'
export {
  createVerifier,
  verifySignedUrl,
  type Verification,
  type Verifier,
  type VerifierOptions,
} from './signing/verifier'
export { redactLink } from './signing/redact-link'
export type { Grant, SignatureErrorCode } from './signing/authenticate-link'
export {
  createLinks,
  type LinkDescription,
  type Links,
  type LinksOptions,
  type LinkVerification,
  type Revoked,
  type RevokeOptions,
} from './links/links'
export type { NewLink, NewLinkOptions, UrlOptions } from './links/make-link'
export type { Enforcement, LinkPolicyOptions, SessionOptions, Sets } from './links/link-policy'
export type { RevocationTarget } from './links/revocation-target'
export type { ActiveStream } from './links/stream-registry'
export { fileState, type FileStateOptions } from './links/state/file/file-state'
export { memoryState } from './links/state/memory-state'
export {
  RevocationListFull,
  type LinkState,
  type RevocationEntry,
  type RevocationPage,
  type RevocationState,
} from './links/state/link-state'
export type { CheckOptions } from './pipeline/choose-links'
export type { Clock } from './clock'
export type { Expiry } from './signing/expiry'
export type { NamedSecret, Secret, Secrets } from './signing/keyring'
export type { LinkNetwork, LinkTerms } from './signing/terms'
export type { TermOptions } from './signing/term-options'
export type { DescribeOptions, DescribeTrack } from './pipeline/describe-track'
export {
  AUDIO_EXTENSIONS,
  isAudioExtension,
  mediaTypeOf,
  type AudioExtension,
  type ListedExtension,
} from './http/media-type'
export { isTrackId } from './track-id'
export { idFromPath, isTrackPath, pathFromId } from './path-id'
export type { EntityTagBasis } from './source/disk/disk-source'
export {
  SourceError,
  type SourceErrorDetails,
  type SourceErrorKind,
  type TrackDescription,
} from './source/source'
export type {
  LocateContext,
  MaybePromise,
  OpenContext,
  ReadContext,
  SourceTimeouts,
  SourceTrack,
  TrackLocation,
  TrackPrefix,
  TrackSource,
  WantedRange,
} from './source/track-source'
export type { Resolve, ResolvedRow, ResolvedTrack } from './source/resolver'
export { fileSource } from './source/disk/file-source'
export type { FileSourceOptions } from './source/disk/file-options'
export { StreamError, type StreamErrorCode, type StreamErrorDetails } from './errors'
export {
  STREAM_CHANNELS,
  type StreamAttribution,
  type StreamCache,
  type StreamCompletionEvent,
  type StreamEvents,
  type StreamFetchEvent,
  type StreamOutcome,
  type StreamReadEvent,
  type StreamRefusalEvent,
  type StreamReportEvent,
  type StreamRequestEvent,
  type StreamSharedEvent,
} from './events'
