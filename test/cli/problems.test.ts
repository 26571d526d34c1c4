/** Why an authentic link is refused, and what would change that. */
import { explainProblems, findRemedies } from '../../src/cli/explain/problems'
import type { Grant } from '../../src/signing/authenticate-link'

const NOW = 1_800_000_000

function explain(grant: Partial<Grant>, options: object = {}, scope: 'open' | 'closed' = 'open') {
  const link = {
    grant: { id: 'track1', expires: NOW + 60, keyIndex: 0, ...grant },
    scope,
    unknownTerm: undefined,
  }
  const check = { now: NOW, clockTolerance: 0, maxTtl: undefined, address: undefined, ...options }
  return [...explainProblems(link, check), ...findRemedies(link, check)].map(({ text }) => text)
}

it.each<[string, Partial<Grant>, object, 'open' | 'closed', readonly string[]]>([
  ['nothing', {}, {}, 'open', []],
  [
    'a signer whose clock is ahead',
    { signedAt: NOW + 100 },
    {},
    'open',
    ['the clock of the signer is ahead', 'One change makes it valid: another time, from'],
  ],
  [
    'a signer that signs milliseconds',
    { signedAt: NOW * 1000, notBefore: NOW * 1000 },
    {},
    'open',
    ['are these milliseconds? Sign seconds', 'are these milliseconds? Sign seconds'],
  ],
  [
    'a session that is over',
    { expires: NOW - 100, playFor: 50 },
    {},
    'open',
    ['The link expired at', 'could play on until', 'another time, until'],
  ],
  [
    'a lifetime from the signing on',
    { signedAt: NOW - 100 },
    { maxTtl: 120 },
    'open',
    ['The link was signed for', 'a server with maxTtl 160 or more'],
  ],
  [
    'a lifetime from now on',
    {},
    { maxTtl: 10 },
    'open',
    ['later than maxTtl allows', 'another time, from', 'a server with maxTtl 60 or more'],
  ],
  [
    'another track of a list',
    { tracks: ['b', 'c'] },
    {},
    'closed',
    ['The link does not open "track1"', 'the path of another track, such as "b"'],
  ],
  [
    'another track of a prefix',
    { prefix: 'b-' },
    {},
    'closed',
    ['The link does not open "track1"', 'the path of a track whose id begins with "b-"'],
  ],
  [
    'another network',
    { network: { ip6: '20010db80000' } },
    { address: '192.0.2.7' },
    'open',
    ['The link is for clients in 2001:db8::/48, not for 192.0.2.7', 'another network, 2001:db8::/48'],
  ],
  [
    'two things at once',
    { network: { ip4: 'c0000208' }, expires: NOW - 1 },
    { address: '192.0.2.7' },
    'open',
    ['The link expired at', 'The link is for clients in 192.0.2.8', 'No single change makes it valid'],
  ],
])('explains %s', (_what, grant, options, scope, texts) => {
  const found = explain(grant, options, scope)
  expect(found).toHaveLength(texts.length)
  texts.forEach((text, index) => {
    expect(found[index]).toContain(text)
  })
})
