/** The options of tracks in a bucket. */
import type { S3Client } from '@aws-sdk/client-s3'
import { isListedExtension, type ListedExtension } from '../../http/media-type'
import { functionRule, isRecord, oneOf, rules, type OptionRule } from '../../option-rules'
import {
  group,
  optional,
  required,
  withDefault,
  type OptionReader,
  type OptionReaders,
  type SettingsOf,
} from '../../options'
import { rangedOptions, type RangedSourceOptions } from '../ranged/ranged-options'
import type { Resolve } from '../resolver'
import { isObjectKey } from './object-key'

export interface S3SourceOptions extends RangedSourceOptions {
  /** The app's own client: it has the credentials, the region, the endpoint and the retries. */
  readonly client: Pick<S3Client, 'send'>
  readonly bucket: string
  /**
   * Finds the key of an id: returns its part after `prefix`, or `{ path, type?, fileName?, version? }`, or undefined for
   * a 404. A promise of it may take `resolveTimeout`.
   * @defaultValue `{id}.{extension}`
   */
  readonly resolve?: Resolve | undefined
  /**
   * What all keys begin with, such as `audio/`; no slash is added.
   * @defaultValue none
   */
  readonly prefix?: string | undefined
  /**
   * The extension of keys without `resolve`. There is only one, because a further one would cost a GET for each id.
   * @defaultValue `'mp3'`
   */
  readonly extension?: ListedExtension | undefined
  /**
   * How the version of an object is named when ranges of it are read. With `'etag'`, a response ends if its object is
   * replaced. With `'version'`, in a bucket with versioning, it continues with the version that it began with.
   * @defaultValue `'etag'`
   */
  readonly pin?: 'etag' | 'version' | undefined
  /**
   * Whether 403 means that there is no such object. S3 responds with 403 for missing objects too if the credentials lack
   * `s3:ListBucket`; by default, that is a 503, because the object may exist.
   * @defaultValue false
   */
  readonly absentOn403?: boolean | undefined
  /** `'requester'` in a bucket that charges the requester ("requester pays"). */
  readonly requestPayer?: 'requester' | undefined
  /** The key of objects that are encrypted with a key of the app (SSE-C). */
  readonly sse?: { readonly customerKey: Uint8Array } | undefined
}

const clientRule: OptionRule<Pick<S3Client, 'send'>> = {
  accepts: (value): value is Pick<S3Client, 'send'> => isRecord(value) && typeof value['send'] === 'function',
  expected: 'an S3Client of @aws-sdk/client-s3',
}

const bucketRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && value !== '',
  expected: 'the name of a bucket',
}

const prefixRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && (value === '' || isObjectKey(value)),
  expected: 'the beginning of a key',
}

const extensionRule: OptionRule<ListedExtension> = {
  accepts: isListedExtension,
  expected: 'an extension such as "mp3" or "MP3"',
}

/** AES-256 takes no other length. */
const keyRule: OptionRule<Uint8Array> = {
  accepts: (value): value is Uint8Array => value instanceof Uint8Array && value.length === 32,
  expected: '32 bytes',
}

/** Has a name, because an inferred type is written as `Uint8Array<…>`, which TypeScript before 5.7 rejects. */
interface CustomerKey {
  readonly customerKey: Uint8Array
}

const readCustomerKey: OptionReader<CustomerKey> = group(
  { customerKey: required(keyRule) },
  'an object with a customerKey',
)

function readSse(value: unknown, maker: string, name: string): CustomerKey | undefined {
  return value === undefined ? undefined : readCustomerKey(value, maker, name)
}

/** Checks and defaults of {@link S3SourceOptions}. */
export const s3Options = {
  ...rangedOptions,
  client: required(clientRule),
  bucket: required(bucketRule),
  resolve: optional(functionRule<Resolve>('(id, { signal, grant }) => path')),
  prefix: withDefault(prefixRule, ''),
  extension: withDefault(extensionRule, 'mp3'),
  pin: withDefault(oneOf('etag', 'version'), 'etag'),
  absentOn403: withDefault(rules.boolean, false),
  requestPayer: optional(oneOf('requester')),
  sse: readSse,
} satisfies OptionReaders<S3SourceOptions>

export type S3Settings = SettingsOf<typeof s3Options>
