import { SourceError, type SourceErrorKind } from '../source'

/** The error of a store that does not do what the engine relies on: another attempt would fail in the same way. */
export function unusable(
  kind: Extract<SourceErrorKind, 'unavailable' | 'read_error'>,
  problem: string,
): SourceError {
  return new SourceError(kind, { cause: new Error(`Cannot use this store: ${problem}`), isPermanent: true })
}
