/** What stands in Redis: the texts of revocations, and replies of scripts. */
import { formatEntry, parseEntry } from '../../../src/links/state/redis/revocation-entry'
import { parseJson, readTexts, readWord } from '../../../src/links/state/redis/replies'
import type { RevocationEntry } from '../../../src/links/state/link-state'

const ENTRY: RevocationEntry = { kind: 'listener', value: 'u42', before: 5, until: 9, endsStreams: true }

describe('a revocation as text', () => {
  it.each<[RevocationEntry, string]>([
    [ENTRY, '["listener","u42",5,9,1]'],
    [{ ...ENTRY, kind: 'all', value: '', until: undefined, endsStreams: false }, '["all","",5,null,0]'],
  ])('%j is read as it was written', (entry, text) => {
    expect(formatEntry(entry)).toBe(text)
    expect(parseEntry(text)).toEqual(entry)
  })

  it.each([{ before: NaN }, { until: NaN }, { until: Infinity }])('is not written with %j', wrong => {
    expect(() => formatEntry({ ...ENTRY, ...wrong })).toThrow('Not a time')
  })

  it.each([
    'nonsense',
    '{}',
    '["listener","u42",5,9]',
    '["user","u42",5,9,1]',
    '["__proto__","u42",5,9,1]',
    '[5,"u42",5,9,1]',
    '["listener",42,5,9,1]',
    '["listener","u42","5",9,1]',
    '["listener","u42",5,"9",1]',
    '["listener","u42",5,9,2]',
  ])('%s is an error, which does not show it', text => {
    expect(() => parseEntry(text)).toThrow('Unexpected reply of Redis: a text')
  })
})

describe('a reply of a script', () => {
  it('is one of the words that it may be, or a list of texts', () => {
    expect(readWord('known', ['begun', 'known'])).toBe('known')
    expect(readTexts(['a', 'b'])).toEqual(['a', 'b'])
    expect(parseJson('[1]')).toEqual([1])
  })

  it.each([
    () => readWord('maybe', ['known']),
    () => readWord(null, ['known']),
    () => readTexts('a'),
    () => readTexts([1]),
    () => parseJson('['),
  ])('is an error otherwise: %s', read => {
    expect(read).toThrow('Unexpected reply of Redis: ')
  })
})
