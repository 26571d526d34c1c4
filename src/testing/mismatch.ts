/**
 * How a test says what a source did wrong. What comes from Node is not `instanceof Error`, `Date` or `Uint8Array` if a test
 * runner has globals of its own, as Jest does; `node:util/types` knows it all the same.
 */
import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'
import { isNativeError, isUint8Array } from 'node:util/types'
import { SourceError } from '../source/source'

/** What a law expects, and what the source did. */
export class Mismatch extends Error {
  /** @param cause the error of the source, if it is one */
  constructor(expected: string, got: string, cause?: unknown) {
    super(`expected ${expected}, got ${got}`, cause === undefined ? undefined : { cause })
  }
}

export function expectThat(holds: boolean, expected: string, got: unknown): asserts holds {
  if (!holds) throw new Mismatch(expected, show(got), isNativeError(got) ? got : undefined)
}

/** @param first of `content`, which `got` must be from there to `last` */
export function expectBytes(got: Uint8Array, content: Uint8Array, first: number, last: number): void {
  const range = `bytes ${first} to ${last} of ${content.length}`
  const expected = content.subarray(first, last + 1)
  if (got.length !== expected.length) {
    throw new Mismatch(`${range}, which are ${expected.length}`, `${got.length} bytes`)
  }
  if (Buffer.compare(got, expected) === 0) return
  const at = got.findIndex((byte, index) => byte !== expected[index])
  throw new Mismatch(`${range} exactly`, `${show(got[at])} for ${show(expected[at])} at ${first + at}`)
}

/** The version that was opened is gone: the error must say so, because then the router opens the new one. */
export function expectChanged(error: unknown): void {
  const isChanged = error instanceof SourceError && (error.kind === 'changed' || error.kind === 'truncated')
  expectThat(isChanged, "the bytes of the version that was opened, or a SourceError 'changed'", error)
}

/** A value in a few words. */
export function show(value: unknown): string {
  if (value instanceof SourceError) return `the SourceError '${value.kind}'`
  if (isNativeError(value)) return `the error ${value.name}: ${value.message}`
  if (isUint8Array(value)) return `${value.length} bytes`
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 100 })
}
