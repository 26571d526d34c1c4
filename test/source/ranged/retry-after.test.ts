import { readRetryAfter } from '../../../src/source/ranged/retry-after'

/** Fri, 02 Jan 2026 03:04:05 GMT. */
const NOW = 1767323045

describe('readRetryAfter', () => {
  it.each<[string, string | undefined, number | undefined]>([
    ['seconds', '7', 7],
    ['no wait', '0', 0],
    ['a date', 'Fri, 02 Jan 2026 03:04:15 GMT', 10],
    ['a date in the past', 'Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['more than an hour', '86400', 3600],
    ['a date in a year', 'Sat, 02 Jan 2027 03:04:05 GMT', 3600],
    ['nothing', undefined, undefined],
    ['an empty text', '', undefined],
    ['a negative number', '-1', undefined],
    ['a fraction', '1.5', undefined],
    ['a word', 'soon', undefined],
  ])('reads %s', (_what, field, expected) => {
    expect(readRetryAfter(field, NOW)).toBe(expected)
  })
})
