/** What the command line makes of the streams that nodes publish, and of networks and tables. */
import { formatNetwork, addressIn } from '../../src/cli/explain/network-text'
import { isEndedBy, readStreams } from '../../src/cli/published-streams'
import { formatColumns } from '../../src/cli/table'
import { memoryState, type LinkState, type RevocationEntry } from 'express-signed-stream'

const STREAM = {
  id: 's1',
  track: 'track1',
  linkId: 'a',
  listener: 'u42',
  keyId: 'k1',
  signedAt: 10,
  clientIp: '192.0.2.7',
  requestId: 'r1',
  range: 'bytes 0-9/10',
  startedAt: 5,
  bytesSent: 7,
  node: 'host 1',
}

async function read(...texts: string[]) {
  const state = memoryState()
  await state.streams?.publish('node', texts, 9)
  return readStreams(state)
}

describe('published streams', () => {
  it('are read in the order in which they began', async () => {
    const later = { ...STREAM, id: 's2', startedAt: 6 }
    expect(await read(JSON.stringify(later), JSON.stringify(STREAM))).toEqual([STREAM, later])
  })

  it('are read without what they lack or have wrong', async () => {
    expect(
      await read(
        'nonsense',
        '5',
        '{"id":"s1"}',
        '{"track":"t","id":5}',
        '{"id":"s1","track":"t","startedAt":"x"}',
      ),
    ).toEqual([{ id: 's1', track: 't', linkId: '', startedAt: 0, bytesSent: 0, node: '' }])
  })

  it('are none if the state does not share them', async () => {
    const { revocations } = memoryState()
    const state: LinkState = { begin: () => 'full', hold: () => 'full', revocations }
    expect(await readStreams(state)).toEqual([])
  })

  it.each<[Partial<RevocationEntry>, boolean]>([
    [{ kind: 'stream', value: 's1' }, true],
    [{ kind: 'stream', value: 's2' }, false],
    [{ kind: 'link', value: 'a' }, true],
    [{ kind: 'listener', value: 'u42' }, true],
    [{ kind: 'listener', value: 'u43' }, false],
    [{ kind: 'track', value: 'track1' }, true],
    [{ kind: 'key', value: 'k1' }, true],
    [{ kind: 'all', value: '' }, true],
    [{ kind: 'all', value: '', before: 9 }, false],
    [{ kind: 'all', value: '', endsStreams: false }, false],
  ])('end by %j: %s', (entry, isEnded) => {
    const full: RevocationEntry = {
      kind: 'all',
      value: '',
      before: 10,
      until: undefined,
      endsStreams: true,
      ...entry,
    }
    expect(isEndedBy(full, STREAM)).toBe(isEnded)
    expect(isEndedBy({ ...full, before: 0 }, { ...STREAM, signedAt: undefined })).toBe(
      isEnded || entry.before === 9,
    )
  })
})

it.each([
  [{ ip4: 'c00002' }, '192.0.2.*', '192.0.2.1'],
  [{ ip4: 'c0000207' }, '192.0.2.7', '192.0.2.7'],
  [{ ip6: '20010db80000' }, '2001:db8::/48', '2001:db8::'],
  [{ ip4: 'c00002', ip6: '20010db800000001' }, '192.0.2.* or 2001:db8:0:1::/64', '192.0.2.1'],
  [{}, '', undefined],
])('the network %j is written %s', (network, text, address) => {
  expect([formatNetwork(network), addressIn(network)]).toEqual([text, address])
})

it.each([
  [[], []],
  [
    [
      ['a', 'bcd'],
      ['long', ''],
    ],
    ['a     bcd', 'long'],
  ],
])('the rows %j are aligned', (rows, lines) => {
  expect(formatColumns(rows)).toEqual(lines)
})
