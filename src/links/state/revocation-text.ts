/** A revocation as text, the same for the same revocation: a member of a set in Redis, a line of a file. */
import type { RevocationEntry, RevocationKind } from './link-state'

/** Complete, or it does not compile. */
const KINDS: Readonly<Record<RevocationKind, true>> = {
  link: true,
  listener: true,
  track: true,
  key: true,
  all: true,
  stream: true,
}

/** @throws RangeError for a time that is no number, which JSON would write as null: that means something else */
export function formatEntry({ kind, value, before, until, endsStreams }: RevocationEntry): string {
  for (const time of [before, until]) {
    if (time !== undefined && !Number.isFinite(time)) throw new RangeError(`Not a time: ${time}`)
  }
  return JSON.stringify([kind, value, before, until ?? null, endsStreams ? 1 : 0])
}

/** Undefined for a text that a program which is newer, or another one, wrote. */
export function readEntry(text: string): RevocationEntry | undefined {
  const fields = parseList(text)
  if (fields?.length !== 5) return undefined
  const [kind, value, before, until, ends] = fields
  const isRight =
    isKind(kind) && typeof value === 'string' && isTime(before) && (until === null || isTime(until))
  if (!isRight || (ends !== 0 && ends !== 1)) return undefined
  return { kind, value, before, until: until ?? undefined, endsStreams: ends === 1 }
}

function parseList(text: string): readonly unknown[] | undefined {
  try {
    const fields: unknown = JSON.parse(text)
    return Array.isArray(fields) ? fields : undefined
  } catch {
    return undefined
  }
}

function isKind(kind: unknown): kind is RevocationKind {
  return typeof kind === 'string' && Object.hasOwn(KINDS, kind)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
