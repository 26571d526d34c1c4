/**
 * `express-signed-stream/s3`, apart from the rest because it needs @aws-sdk/client-s3.
 *
 * @module s3
 */
export { s3Source } from './s3-source'
export type { S3SourceOptions } from './s3-options'
