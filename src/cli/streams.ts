/** Lists who listens now, on all nodes of a server. */
import type { Command } from './command'
import { formatDuration } from './duration'
import { readStreams, type PublishedStream } from './published-streams'
import { REDIS_NOTES, REDIS_OPTIONS, withSharedState } from './shared-links'
import { formatDate } from './time'
import { formatColumns } from './table'

const HEADINGS = ['STREAM', 'TRACK', 'LISTENER', 'LINK', 'CLIENT', 'FOR', 'BYTES', 'NODE']

export const streams: Command = {
  name: 'streams',
  summary: 'list the streams in progress of a running server',
  options: REDIS_OPTIONS,
  notes: [
    'Lists the streams of all nodes as they were within the last 2 seconds, at most 1000 of each node. ' +
      'End one with revoke --stream, or what a person has with revoke --listener.',
    ...REDIS_NOTES,
  ],
  async run(input, effects) {
    const found = await withSharedState(input, effects, readStreams)
    const now = effects.now()
    const json = {
      streams: found.map(({ startedAt, ...stream }) => ({
        ...stream,
        startedAt: formatDate(Math.floor(startedAt / 1000)),
      })),
    }
    const lines =
      found.length === 0
        ? ['No streams in progress']
        : formatColumns([HEADINGS, ...found.map(stream => toRow(stream, now))])
    return { exitCode: 0, lines, json }
  },
}

function toRow(stream: PublishedStream, now: number): readonly string[] {
  const { id, track, listener = '-', linkId, clientIp = '-', startedAt, bytesSent, node } = stream
  const seconds = Math.max(0, Math.floor(now - startedAt / 1000))
  return [id, track, listener, linkId, clientIp, formatDuration(seconds), String(bytesSent), node]
}
