/** What a source is asked to bring along with the description, by the Range of the request. */
import { bytesWanted, shorten, wantedRange } from '../../../src/source/remote/wanted-range'

const BLOCK = 262_144
const START = { first: 0, last: BLOCK - 1 }

it.each<[string | undefined, { readonly first: number; readonly last?: number }]>([
  [undefined, START],
  ['bytes=0-', { first: 0, last: 2 * BLOCK - 1 }],
  ['bytes=0-1', START],
  ['bytes=0-262143', START],
  ['bytes=0-262144', { first: 0, last: 2 * BLOCK - 1 }],
  ['bytes=300000-300099', { first: BLOCK, last: 2 * BLOCK - 1 }],
  ['bytes=524287-524288', { first: BLOCK, last: 3 * BLOCK - 1 }],
  ['BYTES=\t ,300000-300099,5-6', { first: BLOCK, last: 2 * BLOCK - 1 }],
  ['bytes=-1', { first: -2 * BLOCK }],
  ['bytes=-262144', { first: -2 * BLOCK }],
  ['bytes=-262145', START],
  ['bytes=-0', START],
  ['bytes=999999999999999-', { first: 999_999_999_836_160, last: 1_000_000_000_360_447 }],
  ['bytes=9999999999999999-', START],
  ['bytes=5-9999999999999999', START],
  ['bytes=a-b', START],
  ['bytes=-', START],
  ['', START],
  ['items=300000-', START],
])('for %j', (range, expected) => {
  expect(wantedRange(range)).toEqual(expected)
})

it('is no more than there is room for', () => {
  expect(shorten({ first: BLOCK, last: 3 * BLOCK - 1 }, BLOCK)).toEqual({ first: BLOCK, last: 2 * BLOCK - 1 })
  expect(shorten({ first: BLOCK, last: 2 * BLOCK - 1 }, BLOCK)).toEqual({ first: BLOCK, last: 2 * BLOCK - 1 })
  expect(shorten({ first: -2 * BLOCK }, BLOCK)).toEqual(START)
  expect(shorten({ first: -2 * BLOCK }, 2 * BLOCK)).toEqual({ first: -2 * BLOCK })
  expect([bytesWanted(START), bytesWanted({ first: -2 * BLOCK })]).toEqual([BLOCK, 2 * BLOCK])
})
