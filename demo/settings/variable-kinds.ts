/** The kinds of variables: each reads a text, and explains in an error what the text must be. */
import { Buffer } from 'node:buffer'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { EnvError } from 'envalid'
import ms, { type StringValue } from 'ms'
import proxyAddr from 'proxy-addr'
import { isOrigin, remedyForOrigin } from './origins'

/** Reads the text of a variable, which is never empty; throws an EnvError that names what is expected. */
export type Kind<T> = (text: string) => T

const MIN_SECRET_BYTES = 16

/** Rejects a number of milliseconds that was meant as seconds. */
const MAX_DURATION = ms('6h')

/** @param remedy what to write in its place */
function refuse(expected: string, text: string, remedy?: string): never {
  const hint = remedy === undefined ? '' : `: ${remedy}`
  throw new EnvError(`must ${expected}, got ${JSON.stringify(text)}${hint}`)
}

export function readText(text: string): string {
  return text
}

export function readPort(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) refuse('be a port from 0 to 65535', text)
  return Number(text)
}

export function readCount(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) refuse('be a whole number', text)
  return Number(text)
}

const MAX_WORKERS = 256

/** @returns how many processes serve; for `auto`, as many as there are cores for this one */
export function readWorkers(text: string): number {
  if (text === 'auto') return availableParallelism()
  if (!/^[1-9][0-9]{0,2}$/.test(text) || Number(text) > MAX_WORKERS) {
    refuse(`be auto, or a number from 1 to ${MAX_WORKERS}`, text)
  }
  return Number(text)
}

/** @returns milliseconds */
export function readDuration(text: string): number {
  const [, amount, unit = 's'] = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)?$/.exec(text) ?? []
  const duration = amount === undefined ? Infinity : Math.round(ms(`${amount}${unit}` as StringValue))
  if (duration > MAX_DURATION) refuse('be seconds, or a time such as 500ms, 90s or 5m, up to 6h', text)
  return duration
}

export function readFlag(text: string): boolean {
  if (text !== 'true' && text !== 'false') refuse('be true or false', text)
  return text === 'true'
}

/** @returns a kind that takes one of `words` */
export function oneOf<Word extends string>(...words: readonly Word[]): Kind<Word> {
  return function readWord(text) {
    return words.find(word => word === text) ?? refuse(`be one of ${words.join(', ')}`, text)
  }
}

/** Any text, unchanged. No error shows it. */
export function readSecret(text: string): string {
  const bytes = Buffer.byteLength(text)
  if (bytes < MIN_SECRET_BYTES) {
    throw new EnvError(`must have ${MIN_SECRET_BYTES} bytes or more, got ${bytes}`)
  }
  return text
}

export function readOrigins(text: string): '*' | string[] {
  const origins = text.split(',').map(origin => origin.trim())
  if (origins.includes('*')) return '*'
  for (const origin of origins) {
    if (!isOrigin(origin)) {
      refuse(
        'list origins such as https://app.example or capacitor://localhost, separated by commas',
        origin,
        remedyForOrigin(origin),
      )
    }
  }
  return origins
}

/** @returns an absolute path */
export function readDirectory(text: string): string {
  const directory = resolve(text)
  return isReadableDirectory(directory) ? directory : refuse('be a directory that can be read', text)
}

/**
 * A file to write, which need not exist. Its directory must be writable too: new versions of the file take its place.
 *
 * @returns an absolute path
 */
export function readWritableFile(text: string): string {
  const file = resolve(text)
  const directory = dirname(file)
  const isWritable =
    canAccess(directory, constants.W_OK) && (!existsSync(file) || canAccess(file, constants.W_OK))
  if (!isWritable || !statSync(directory).isDirectory()) {
    refuse('be a file that can be written, in a directory that can be written', text)
  }
  return file
}

/** Where objects are. */
export interface Store {
  readonly bucket: string
  /** The beginning of their keys: empty, or folders with a `/` behind each. */
  readonly prefix: string
}

export function readStore(text: string): Store {
  const [, bucket, folder = ''] = /^s3:\/\/([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(?:\/(.*))?$/i.exec(text) ?? []
  if (bucket === undefined) refuse('be s3://bucket or s3://bucket/folder', text)
  const segments = folder.replace(/\/$/, '').split('/')
  if (folder !== '' && segments.includes('')) {
    refuse('be s3://bucket or s3://bucket/folder', text, 'two slashes follow each other')
  }
  return { bucket, prefix: folder === '' ? '' : `${segments.join('/')}/` }
}

/** A URL of a server. */
export function readUrl(text: string): string {
  const expected = 'be a URL such as https://s3.example or http://localhost:9000'
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) refuse(expected, text)
  const { username, password, search, hash } = new URL(text)
  // A password is not repeated in an error.
  if (`${username}${password}` !== '') throw new EnvError(`must ${expected}, got one with a password`)
  if (`${search}${hash}` !== '') refuse(expected, text)
  return text
}

/** The URL of a Redis. No error shows it, because it may hold a password. */
export function readRedisUrl(text: string): string {
  const isUrl = /^rediss?:\/\/[^/]/.test(text) && URL.canParse(text)
  // The path is the number of a database.
  if (isUrl && /^(?:\/[0-9]{0,4})?$/.test(new URL(text).pathname)) return text
  throw new EnvError(
    'must be a URL such as redis://localhost:6379, or rediss://user:password@redis.example/0',
  )
}

function isReadableDirectory(path: string): boolean {
  return canAccess(path, constants.R_OK | constants.X_OK) && statSync(path).isDirectory()
}

function canAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/**
 * As the setting `trust proxy` of Express, without `true`: with it, every client could choose its own address.
 *
 * @returns whether to trust the proxy at an address, `hop` proxies away from the one that connects to this server
 */
export function readTrustProxy(text: string): ReturnType<typeof proxyAddr.compile> {
  if (/^[0-9]{1,3}$/.test(text)) {
    const hops = Number(text)
    return (_address, hop) => hop < hops
  }
  try {
    return proxyAddr.compile(text.split(',').map(address => address.trim()))
  } catch {
    return refuse('be a number of proxies, or addresses and subnets such as loopback, 10.0.0.0/8', text)
  }
}
