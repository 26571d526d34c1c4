/** If-Modified-Since and If-Unmodified-Since, in every form of a date, and with texts that are no date (RFC 9110, section 5.6.7). */
import { LAST_MODIFIED, type Expected, type Fields, type PeerCase } from './peer-case'
import type { Source } from './sources'

type Row = readonly [
  name: string,
  from: Source | readonly Source[],
  text: string,
  /** The response if it is sent in If-Modified-Since. */
  ifModifiedSince: Expected,
  /** The response if it is sent in If-Unmodified-Since; absent if the peer only tests the other field. */
  ifUnmodifiedSince?: Expected,
]

const VALID: readonly Row[] = [
  ['the date', ['send', 'goFile', 'rackFiles', 'django', 'towerHttp'], LAST_MODIFIED, '304', '200'],
  ['a second later', 'lighttpdFile', 'Fri, 02 Jan 2026 03:04:06 GMT', '304', '200'],
  ['a second earlier', 'lighttpdFile', 'Fri, 02 Jan 2026 03:04:04 GMT', '200', '412'],
  ['two seconds earlier', ['goFile', 'fresh'], 'Fri, 02 Jan 2026 03:04:03 GMT', '200', '412'],
  ['two seconds later', 'fresh', 'Fri, 02 Jan 2026 03:04:07 GMT', '304', '200'],
  ['a minute earlier', ['send', 'fastifySend'], 'Fri, 02 Jan 2026 03:03:05 GMT', '200', '412'],
  ['100 seconds earlier', 'rackFiles', 'Fri, 02 Jan 2026 03:02:25 GMT', '200', '412'],
  ['an hour earlier', ['aspnetCache', 'goFile'], 'Fri, 02 Jan 2026 02:04:05 GMT', '200', '412'],
  ['an hour later', 'aspnetCache', 'Fri, 02 Jan 2026 04:04:05 GMT', '304', '200'],
  ['a day earlier', 'django', 'Thu, 01 Jan 2026 03:04:05 GMT', '200', '412'],
  ['years later', 'django', 'Mon, 18 Oct 2027 16:56:23 GMT', '304', '200'],
  ['a year after the clock', 'aspnetCache', 'Mon, 01 Feb 2027 00:00:00 GMT', '304', '200'],
  ['1996', 'towerHttp', 'Fri, 09 Aug 1996 14:21:40 GMT', '200', '412'],
  ['1994', 'werkzeug', 'Sun, 06 Nov 1994 08:49:37 GMT', '200', '412'],
  ['1994 and spaces', 'werkzeug', 'Sun, 06 Nov 1994 08:49:37 GMT    ', '200', '412'],
  ['1994 as RFC 850 wrote it', 'werkzeug', 'Sunday, 06-Nov-94 08:49:37 GMT', '200', '412'],
  ['1994 as asctime wrote it', 'werkzeug', ' Sun Nov  6 08:49:37 1994', '200', '412'],
  ['the epoch', 'werkzeug', 'Thu, 01 Jan 1970 00:00:00 GMT', '200', '412'],
  ['a second after the epoch', 'lighttpdCache', 'Sun, 01 Jan 1970 00:00:01 GMT', '200'],
  ['1990, with a day of one digit', 'aiohttpFile', 'Mon, 1 Jan 1990 01:01:01 GMT', '200'],
  ['2037', 'nginxModified', 'Wed, 08 Jul 2037 22:53:52 GMT', '304', '200'],
  ['the last second of 31 bits', 'nginxModified', 'Tue, 19 Jan 2038 03:14:07 GMT', '304', '200'],
  ['the second after 31 bits', 'nginxModified', 'Tue, 19 Jan 2038 03:14:08 GMT', '304', '200'],
  ['the second after 32 bits', 'rfc', 'Sun, 07 Feb 2106 06:28:16 GMT', '304', '200'],
  ['2174', 'nginxModified', 'Fri, 25 Feb 2174 09:42:23 GMT', '304', '200'],
  ['9999', 'aiohttpFile', 'Fri, 31 Dec 9999 23:59:59 GMT', '304', '200'],
  ['the date as RFC 850 wrote it', 'rfc', 'Friday, 02-Jan-26 03:04:05 GMT', '304', '200'],
  ['a second later as RFC 850 wrote it', 'rfc', 'Friday, 02-Jan-26 03:04:06 GMT', '304', '200'],
  ['a second earlier as RFC 850 wrote it', 'rfc', 'Friday, 02-Jan-26 03:04:04 GMT', '200', '412'],
  ['1999 as RFC 850 wrote it', 'rfc', 'Friday, 31-Dec-99 23:59:59 GMT', '200', '412'],
  ['1977 as RFC 850 wrote it, 51 years ahead', 'rfc', 'Sunday, 02-Jan-77 03:04:05 GMT', '200', '412'],
  ['2075 as RFC 850 wrote it, 49 years ahead', 'rfc', 'Wednesday, 02-Jan-75 03:04:05 GMT', '304', '200'],
  ['the date as asctime wrote it', 'rfc', 'Fri Jan  2 03:04:05 2026', '304', '200'],
  ['a second later as asctime wrote it', 'rfc', 'Fri Jan  2 03:04:06 2026', '304', '200'],
  ['a second earlier as asctime wrote it', 'rfc', 'Fri Jan  2 03:04:04 2026', '200', '412'],
  ['a day of two digits as asctime wrote it', 'rfc', 'Tue Nov 15 08:12:31 1994', '200', '412'],
  ['white space around the date', 'rfc', ` \t${LAST_MODIFIED}\t `, '304', '200'],
  ['a leap day', 'rfc', 'Thu, 29 Feb 2024 00:00:00 GMT', '200', '412'],
  ['a leap second', 'rfc', 'Sat, 31 Dec 2016 23:59:60 GMT', '200', '412'],
]

/** Ignored: the file, whatever else the text might have meant. */
const INVALID: readonly (readonly [name: string, from: Source | readonly Source[], text: string])[] = [
  ['nothing', ['lighttpdFile', 'aiohttpFile'], ''],
  ['a word', ['send', 'fresh'], 'foo'],
  ['another word', 'lighttpdFile', 'foobar'],
  ['words', 'aiohttpFile', 'not a valid HTTP-date'],
  ['words as long as a date', 'lighttpdFile', 'this string is too long to be a valid timestamp'],
  ['bad-date', 'aspnetCache', 'bad-date'],
  ['a day 32', 'django', 'Mon, 32 Oct 2010 16:56:23 GMT'],
  ['a day 33', 'werkzeug', 'Thu, 33 Jan 1970 00:00:00 GMT'],
  ['no comma, and the year before the time', 'werkzeug', ' Sun 02 Feb 1343 08:49:37 GMT'],
  ['the date and a comment', 'lighttpdFile', `${LAST_MODIFIED}; foo`],
  ['the date and a word', 'lighttpdCache', `${LAST_MODIFIED} foo`],
  ['the date and a length', 'rfc', `${LAST_MODIFIED}; length=1000`],
  ['what JavaScript writes', 'koaRange', 'Fri Jan 02 2026 03:04:05 GMT+0000 (Coordinated Universal Time)'],
  ['ISO 8601', 'rfc', '2026-01-02T03:04:05Z'],
  ['ISO 8601 with a fraction', 'rfc', '2026-01-02T03:04:05.678Z'],
  ['seconds', 'rfc', '1767323045'],
  ['zero', 'rfc', '0'],
  ['minus one', 'rfc', '-1'],
  ['a star', 'rfc', '*'],
  ['the tag', 'rfc', '{tag}'],
  ['the date in quotes', 'rfc', `"${LAST_MODIFIED}"`],
  ['the date twice', 'rfc', `${LAST_MODIFIED}, ${LAST_MODIFIED}`],
  ['lower case', 'rfc', 'fri, 02 jan 2026 03:04:05 gmt'],
  ['capitals', 'rfc', 'FRI, 02 JAN 2026 03:04:05 GMT'],
  ['no zone', 'rfc', 'Fri, 02 Jan 2026 03:04:05'],
  ['a zone of letters', 'rfc', 'Fri, 02 Jan 2026 03:04:05 UTC'],
  ['a zone of digits', 'rfc', 'Fri, 02 Jan 2026 03:04:05 +0000'],
  ['a year of two digits', 'rfc', 'Fri, 02 Jan 26 03:04:05 GMT'],
  ['hyphens and a year of four digits', 'rfc', 'Fri, 02-Jan-2026 03:04:05 GMT'],
  ['no space after the comma', 'rfc', 'Fri,02 Jan 2026 03:04:05 GMT'],
  ['two spaces', 'rfc', 'Fri, 02  Jan 2026 03:04:05 GMT'],
  ['no day name', 'rfc', '02 Jan 2026 03:04:05 GMT'],
  ['a month of one digit', 'rfc', 'Fri, 02 01 2026 03:04:05 GMT'],
  ['no seconds', 'rfc', 'Fri, 02 Jan 2026 03:04 GMT'],
  ['hour 24', 'rfc', 'Fri, 02 Jan 2026 24:04:05 GMT'],
  ['minute 60', 'rfc', 'Fri, 02 Jan 2026 03:60:05 GMT'],
  ['second 61', 'rfc', 'Fri, 02 Jan 2026 03:04:61 GMT'],
  ['30 February', 'rfc', 'Mon, 30 Feb 2026 00:00:00 GMT'],
  ['29 February of a common year', 'rfc', 'Sun, 29 Feb 2026 00:00:00 GMT'],
  ['day 0', 'rfc', 'Wed, 00 Jan 2026 03:04:05 GMT'],
  ['a month that is none', 'rfc', 'Fri, 02 Foo 2026 03:04:05 GMT'],
]

/** With a Range, a second condition, another method, or a file without a date. */
const MORE: readonly (readonly [
  string,
  Source | readonly Source[],
  Partial<PeerCase> & { fields: Fields },
  Expected,
])[] = [
  [
    'modified since, and a Range',
    'aspnetRange',
    { size: 62, fields: { 'If-Modified-Since': 'Fri, 02 Jan 2026 02:04:05 GMT', Range: 'bytes=0-10' } },
    '206 0-10',
  ],
  [
    'not modified since, and a Range',
    'aspnetRange',
    { size: 62, fields: { 'If-Modified-Since': LAST_MODIFIED, Range: 'bytes=0-10' } },
    '304',
  ],
  [
    'not modified since, and a Range past the end',
    'rfc',
    { fields: { 'If-Modified-Since': LAST_MODIFIED, Range: 'bytes=1000-' } },
    '304',
  ],
  [
    'modified since, and a Range past the end',
    'rfc',
    { fields: { 'If-Modified-Since': 'Fri, 02 Jan 2026 03:04:04 GMT', Range: 'bytes=1000-' } },
    '416',
  ],
  [
    'no date, and a Range',
    'koaRange',
    { size: 1904, fields: { 'If-Modified-Since': 'Fri Jan 02 2026 03:04:05 GMT+0000', Range: 'bytes=0-5' } },
    '206 0-5',
  ],
  [
    'unmodified since 9999, and a Range',
    'aiohttpFile',
    { size: 13, fields: { 'If-Unmodified-Since': 'Fri, 31 Dec 9999 23:59:59 GMT', Range: 'bytes=2-' } },
    '206 2-12',
  ],
  [
    'modified since 1990, and a Range',
    'aiohttpFile',
    { size: 13, fields: { 'If-Unmodified-Since': 'Mon, 01 Jan 1990 01:01:01 GMT', Range: 'bytes=2-' } },
    '412',
  ],
  [
    'modified since, and a Range past the end',
    'rfc',
    { fields: { 'If-Unmodified-Since': 'Fri, 02 Jan 2026 03:04:04 GMT', Range: 'bytes=1000-' } },
    '412',
  ],
  [
    'unmodified since, and a Range past the end',
    'rfc',
    { fields: { 'If-Unmodified-Since': LAST_MODIFIED, Range: 'bytes=1000-' } },
    '416',
  ],
  [
    'unmodified since, and If-Range with another tag',
    'rfc',
    { fields: { 'If-Unmodified-Since': LAST_MODIFIED, 'If-Range': '"x"', Range: 'bytes=0-9' } },
    '200',
  ],
  [
    'modified since, and If-Range with the tag',
    'rfc',
    {
      fields: {
        'If-Modified-Since': 'Fri, 02 Jan 2026 03:04:04 GMT',
        'If-Range': '{tag}',
        Range: 'bytes=0-9',
      },
    },
    '206 0-9',
  ],
  [
    'the tag, and not modified since the epoch and a comment',
    'lighttpdCache',
    { fields: { 'If-None-Match': '{tag}', 'If-Modified-Since': 'Sun, 01 Jan 1970 00:00:01 GMT; foo' } },
    '304',
  ],
  [
    'the tag, and not modified since the date and a comment',
    'lighttpdCache',
    { fields: { 'If-None-Match': '{tag}', 'If-Modified-Since': `${LAST_MODIFIED}; foo` } },
    '304',
  ],
  [
    'the tag, and a date that is too long',
    'lighttpdFile',
    { fields: { 'If-None-Match': '{tag}', 'If-Modified-Since': 'Sun, 01 Jan 1970 00:00:01 GMT foo' } },
    '304',
  ],
  [
    'a word for a tag, and modified since the epoch',
    'lighttpdCache',
    { fields: { 'If-None-Match': 'Foo', 'If-Modified-Since': 'Sun, 01 Jan 1970 00:00:01 GMT; foo' } },
    '200',
  ],
  [
    'a word for a tag, and not modified since',
    'lighttpdFile',
    { fields: { 'If-None-Match': 'foo', 'If-Modified-Since': LAST_MODIFIED } },
    '200',
  ],
  [
    'the tag, and modified since an hour before',
    ['aspnetCache', 'django'],
    { fields: { 'If-None-Match': '{tag}', 'If-Modified-Since': 'Fri, 02 Jan 2026 02:04:05 GMT' } },
    '304',
  ],
  [
    'another tag, and not modified since an hour later',
    'aspnetCache',
    { fields: { 'If-None-Match': '"fake"', 'If-Modified-Since': 'Fri, 02 Jan 2026 04:04:05 GMT' } },
    '200',
  ],
  [
    'the tag, and not modified since 9999',
    'aiohttpFile',
    { fields: { 'If-None-Match': '{tag}', 'If-Modified-Since': 'Fri, 31 Dec 9999 23:59:59 GMT' } },
    '304',
  ],
  [
    'the tag to match, and unmodified since year 0',
    'aiohttpFile',
    {
      method: 'HEAD',
      fields: { 'If-Match': '{tag}', 'If-Unmodified-Since': 'Fri, 31 Dec 0000 23:59:59 GMT' },
    },
    '200',
  ],
  [
    'other tags to match, and unmodified since year 0',
    'aiohttpFile',
    {
      method: 'HEAD',
      fields: {
        'If-Match': '"example-tag", W/"weak-tag"',
        'If-Unmodified-Since': 'Fri, 31 Dec 0000 23:59:59 GMT',
      },
    },
    '412',
  ],
  [
    'the tag to match, and an hour before',
    'django',
    { fields: { 'If-Match': '{tag}', 'If-Unmodified-Since': 'Fri, 02 Jan 2026 02:04:05 GMT' } },
    '200',
  ],
  [
    'another tag to match, and unmodified since 9999',
    'rfc',
    { fields: { 'If-Match': '"x"', 'If-Unmodified-Since': 'Fri, 31 Dec 9999 23:59:59 GMT' } },
    '412',
  ],
  [
    'unmodified and not modified since the same second',
    'rfc',
    { fields: { 'If-Unmodified-Since': LAST_MODIFIED, 'If-Modified-Since': LAST_MODIFIED } },
    '304',
  ],
  [
    'not modified since, of nothing',
    'nginxModified',
    { size: 0, fields: { 'If-Modified-Since': LAST_MODIFIED } },
    '304',
  ],
  [
    'the epoch, where there is no date',
    'goFile',
    { file: 'undated', fields: { 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' } },
    '200',
  ],
  [
    'any date, where there is none',
    'django',
    { file: 'undated', fields: { 'If-Modified-Since': LAST_MODIFIED } },
    '200',
  ],
  [
    'unmodified since any date, where there is none',
    'django',
    { file: 'undated', fields: { 'If-Unmodified-Since': 'Fri, 02 Jan 2026 02:04:05 GMT' } },
    '200',
  ],
  [
    'the date, within its second',
    'rfc',
    { file: 'fresh', fields: { 'If-Modified-Since': 'Sun, 01 Feb 2026 00:00:00 GMT' } },
    '304',
  ],
  [
    'the second before, within the second of the date',
    'rfc',
    { file: 'fresh', fields: { 'If-Modified-Since': 'Sat, 31 Jan 2026 23:59:59 GMT' } },
    '200',
  ],
]

const EARLIER = 'Fri, 02 Jan 2026 03:04:04 GMT'

/** A date in two lines is ignored, though each alone would decide (sections 13.1.3 and 13.1.4). */
const TWICE: readonly (readonly [name: string, field: string, lines: readonly string[]])[] = [
  ['the date in two lines', 'If-Modified-Since', [LAST_MODIFIED, LAST_MODIFIED]],
  ['the date and an earlier one', 'If-Modified-Since', [LAST_MODIFIED, EARLIER]],
  ['the date and a word', 'If-Modified-Since', [LAST_MODIFIED, 'foo']],
  ['an earlier date in two lines', 'If-Unmodified-Since', [EARLIER, EARLIER]],
  ['an earlier date and the date', 'If-Unmodified-Since', [EARLIER, LAST_MODIFIED]],
  ['an earlier date and nothing', 'If-Unmodified-Since', [EARLIER, '']],
]

const BOTH_METHODS = ['GET', 'HEAD']

export const DATES: readonly PeerCase[] = [
  ...[...VALID, ...INVALID.map((row): Row => [...row, '200', '200'])].flatMap(
    ([name, from, text, ifModifiedSince, ifUnmodifiedSince]) =>
      BOTH_METHODS.flatMap((method): readonly PeerCase[] => [
        { name, from, size: 1000, method, fields: { 'If-Modified-Since': text }, expected: ifModifiedSince },
        ...(ifUnmodifiedSince === undefined
          ? []
          : [
              {
                name,
                from,
                size: 1000,
                method,
                fields: { 'If-Unmodified-Since': text },
                expected: ifUnmodifiedSince,
              },
            ]),
      ]),
  ),
  ...TWICE.flatMap(([name, field, lines]) =>
    BOTH_METHODS.map((method): PeerCase => ({
      name,
      from: 'rfc',
      size: 1000,
      method,
      fields: { [field]: lines },
      expected: '200',
    })),
  ),
  ...MORE.map(([name, from, request, expected]): PeerCase => ({
    name,
    from,
    size: 1000,
    ...request,
    expected,
  })),
]
