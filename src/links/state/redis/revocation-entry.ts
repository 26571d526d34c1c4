/** A revocation as text, the same for the same revocation: it is a member of a set. */
import type { RevocationEntry, RevocationKind } from '../link-state'
import { timeArgument } from './arguments'
import { parseJson, unexpected } from './replies'

/** Complete, or it does not compile. */
const KINDS: Readonly<Record<RevocationKind, true>> = {
  link: true,
  listener: true,
  track: true,
  key: true,
  all: true,
  stream: true,
}

export function formatEntry({ kind, value, before, until, endsStreams }: RevocationEntry): string {
  // Not a number would be written as null, which means something else.
  timeArgument(before)
  if (until !== undefined) timeArgument(until)
  return JSON.stringify([kind, value, before, until ?? null, endsStreams ? 1 : 0])
}

/** @throws Error if a program that is newer, or another one, wrote the text */
export function parseEntry(text: string): RevocationEntry {
  const fields: unknown = parseJson(text)
  if (!Array.isArray(fields) || fields.length !== 5) throw unexpected(text)
  const [kind, value, before, until, ends] = fields as unknown[]
  const isRight =
    isKind(kind) && typeof value === 'string' && isTime(before) && (until === null || isTime(until))
  if (!isRight || (ends !== 0 && ends !== 1)) throw unexpected(text)
  return { kind, value, before, until: until ?? undefined, endsStreams: ends === 1 }
}

function isKind(kind: unknown): kind is RevocationKind {
  return typeof kind === 'string' && Object.hasOwn(KINDS, kind)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
