/** The source that the tests of delivery use keeps the contract too, whether it responds at once or later. */
import { Buffer } from 'node:buffer'
import type { ByteRange } from '../../src/http/byte-range'
import { SourceError, type SourceErrorKind } from '../../src/source/source'
import { describeSource, type HarmedTrack } from '../support/contract'
import { EIO, scriptSource, type Opening, type ScriptedSource, type Step } from '../support/scripted-source'
import { TRACK } from '../support/tracks'

const CHUNK = 50_000

type Timing = 'at once' | 'later'

describe.each<[Timing, Timing]>([
  ['at once', 'at once'],
  ['at once', 'later'],
  ['later', 'at once'],
  ['later', 'later'],
])('A source that opens %s and reads %s:', (opens, reads) => {
  const sources: ScriptedSource[] = []

  /** @param fault what the reads after a strike end with */
  function hold(fault?: SourceErrorKind): HarmedTrack {
    let hasStruck = false
    function* steps({ first, last }: ByteRange): Generator<Step> {
      for (let position = first; position <= last; position += CHUNK) {
        if (hasStruck && fault !== undefined) yield new SourceError(fault, { cause: EIO })
        yield TRACK.subarray(position, Math.min(position + CHUNK, last + 1))
      }
    }
    function openingOf(id: string): Opening {
      return { kind: id === 'track1' ? 'opens' : 'is missing', answers: opens }
    }
    const source = scriptSource(TRACK.length, steps, openingOf, reads)
    sources.push(source)
    return {
      source,
      id: 'track1',
      strike() {
        hasStruck = true
      },
    }
  }

  function unavailable(): ScriptedSource {
    const error = new SourceError('unavailable', { cause: EIO })
    const answers = opens === 'at once' ? 'by throwing' : 'by rejecting'
    return scriptSource(TRACK.length, () => [Buffer.of()], [{ kind: 'fails', answers, error }])
  }

  describeSource('it', {
    source: () => hold().source,
    content: TRACK,
    unavailable,
    harms: {
      truncated: () => hold('truncated'),
      changed: () => hold('changed'),
      read_error: () => hold('read_error'),
    },
  })

  afterAll(() => {
    expect(sources.map(({ openTracks, openReaders }) => openTracks + openReaders)).toEqual(
      sources.map(() => 0),
    )
  })
})
