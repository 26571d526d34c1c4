/** The streams in progress that nodes publish. Their texts come from Redis, so nothing about them is taken for granted. */
import { isRecord } from '../option-rules'
import type { LinkState, RevocationEntry } from '../links/state/link-state'
import type { ActiveStream } from '../links/stream-registry'

/** A stream of any node. */
export interface PublishedStream extends ActiveStream {
  /** Names the node: its host, process and a random text. */
  readonly node: string
}

/** The streams of all nodes, as they were within the last second or two; those that began first come first. */
export async function readStreams(state: LinkState): Promise<readonly PublishedStream[]> {
  const texts = (await state.streams?.read()) ?? []
  return texts.flatMap(text => parseStream(text) ?? []).sort((a, b) => a.startedAt - b.startedAt)
}

function parseStream(text: string): PublishedStream | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value) || typeof value['id'] !== 'string' || typeof value['track'] !== 'string')
    return undefined
  return {
    id: value['id'],
    track: value['track'],
    linkId: readText(value['linkId']) ?? '',
    listener: readText(value['listener']),
    keyId: readText(value['keyId']),
    signedAt: readNumber(value['signedAt']),
    clientIp: readText(value['clientIp']),
    requestId: readText(value['requestId']),
    range: readText(value['range']),
    startedAt: readNumber(value['startedAt']) ?? 0,
    bytesSent: readNumber(value['bytesSent']) ?? 0,
    node: readText(value['node']) ?? '',
  }
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Whether a revocation ends the stream. */
export function isEndedBy(
  { kind, value, before, endsStreams }: RevocationEntry,
  stream: PublishedStream,
): boolean {
  if (kind === 'stream') return stream.id === value
  // A link that does not say when it was signed counts as signed at 0.
  if (!endsStreams || before < (stream.signedAt ?? 0)) return false
  switch (kind) {
    case 'link':
      return stream.linkId === value
    case 'listener':
      return stream.listener === value
    case 'track':
      return stream.track === value
    case 'key':
      return stream.keyId === value
    case 'all':
      return true
  }
}
