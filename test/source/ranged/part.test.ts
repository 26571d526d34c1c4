import { findPart, formatRange } from '../../../src/source/ranged/part'
import type { StoreContent } from '../../../src/source/ranged/store'

function partial(contentRange: string): StoreContent {
  return {
    kind: 'content',
    isPartial: true,
    contentLength: undefined,
    contentRange,
    contentType: undefined,
    contentEncoding: undefined,
    etag: undefined,
    lastModified: undefined,
    date: undefined,
    version: undefined,
    body: undefined,
    release: () => undefined,
  }
}

describe('formatRange', () => {
  it.each([
    [{ first: 0, last: 0 }, 'bytes=0-0'],
    [{ first: 5 }, 'bytes=5-'],
    [{ first: -5 }, 'bytes=-5'],
  ])('writes %j', (want, expected) => {
    expect(formatRange(want)).toBe(expected)
  })
})

describe('findPart accepts', () => {
  it.each([
    ['bytes 0-9/10', { first: 0, last: 99 }, { first: 0, last: 9, size: 10 }],
    ['bytes 0-9/10', { first: -99 }, { first: 0, last: 9, size: 10 }],
    ['bytes 8-9/10', { first: -2 }, { first: 8, last: 9, size: 10 }],
    ['bytes 5-5/9007199254740991', { first: 5, last: 5 }, { first: 5, last: 5, size: 9007199254740991 }],
  ])('%s for %j', (contentRange, asked, expected) => {
    expect(findPart(partial(contentRange), asked)).toEqual(expected)
  })
})

describe('findPart refuses', () => {
  it.each([
    'bytes 0-8/10',
    'bytes 1-9/10',
    'bytes 9-0/10',
    'bytes 0-10/10',
    'bytes 0-9/*',
    'bytes */10',
    'bytes 0-9/9007199254740992',
    'bytes 0-9/99999999999999999999',
    'Bytes 0-9/10, bytes 0-9/10',
    ' bytes 0-9/10',
    'bytes=0-9/10',
    'items 0-9/10',
    '',
  ])('%j for the first 10 bytes', contentRange => {
    expect(typeof findPart(partial(contentRange), { first: 0, last: 9 })).toBe('string')
  })

  it('a 206 to HEAD', () => {
    expect(findPart(partial('bytes 0-9/10'), undefined)).toBe('It responded to HEAD with 206')
  })
})
