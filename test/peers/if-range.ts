/** If-Range: a range of this version, or the whole file (RFC 9110, section 13.1.5). */
import { LAST_MODIFIED, type Expected, type FileKind, type PeerCase } from './peer-case'
import type { Source } from './sources'

type Row = readonly [
  name: string,
  from: Source | readonly Source[],
  size: number,
  range: string,
  ifRange: string | readonly string[],
  expected: Expected,
]

const TAGS: readonly Row[] = [
  ['the current tag', ['send', 'goFile'], 9, 'bytes=0-0', '{tag}', '206 0-0'],
  ['the current tag, of 62', 'aspnetRange', 62, 'bytes=0-10', '{tag}', '206 0-10'],
  ['the current tag, of 526', 'starlette', 526, 'bytes=200-300', '{tag}', '206 200-300'],
  [
    'the current tag and an end past the file',
    'inert',
    42_010,
    'bytes=42005-42011',
    '{tag}',
    '206 42005-42009',
  ],
  ['the current tag, of a mebibyte', 'rfc', 1_048_576, 'bytes=524288-', '{tag}', '206 524288-1048575'],
  ['the current tag and white space', 'rfc', 1000, 'bytes=0-9', ' {tag}\t', '206 0-9'],
  ['the current tag and two ranges', 'rfc', 1000, 'bytes=0-9,-10', '{tag}', '206 0-9, 990-999'],
  ['the current tag and a suffix', 'rfc', 1000, 'bytes=-10', '{tag}', '206 990-999'],
  ['the current tag and a range past the end', 'rfc', 1000, 'bytes=1000-', '{tag}', '416'],
  ['the current tag and a malformed set', 'rfc', 1000, 'bytes=9-5', '{tag}', '200'],
  ['the current tag and another unit', 'rfc', 1000, 'items=0-9', '{tag}', '200'],
  ['the current tag of an empty file', 'rfc', 0, 'bytes=0-', '{tag}', '200'],
  ['another tag', 'goFile', 8, 'bytes=0-4', '"B"', '200'],
  ['an old tag', 'aspnetRange', 62, 'bytes=0-10', '"OldEtag"', '200'],
  ['the tag with a digit more', 'send', 9, 'bytes=0-0', '"0{opaque}"', '200'],
  ['the tag with a digit more at its end', 'rfc', 1000, 'bytes=0-9', '"{opaque}0"', '200'],
  ['another tag and two ranges', 'rfc', 1000, 'bytes=0-9,-10', '"x"', '200'],
  ['another tag and a range past the end', 'rfc', 1000, 'bytes=1000-', '"x"', '200'],
  ['another tag of an empty file', 'rfc', 0, 'bytes=0-', '"x"', '200'],
  ['an empty tag', 'rfc', 1000, 'bytes=0-9', '""', '200'],
  ['the tag, weak', 'goFile', 8, 'bytes=0-4', 'W/{tag}', '200'],
  ['the tag, weak, and a range past the end', 'rfc', 1000, 'bytes=1000-', 'W/{tag}', '200'],
  ['the tag, weak in lower case', 'rfc', 1000, 'bytes=0-9', 'w/{tag}', '200'],
  ['the tag without its last quote', 'starlette', 526, 'bytes=200-300', '"{opaque}', '200'],
  ['the tag without its first quote', 'rfc', 1000, 'bytes=0-9', '{opaque}"', '200'],
  ['the tag without quotes', 'rfc', 1000, 'bytes=0-9', '{opaque}', '200'],
  ['a star', 'rfc', 1000, 'bytes=0-9', '*', '200'],
  ['a list that ends with the tag', 'rfc', 1000, 'bytes=0-9', '"x", {tag}', '200'],
  ['a list that begins with the tag', 'rfc', 1000, 'bytes=0-9', '{tag}, "x"', '200'],
  ['the tag twice in a list', 'rfc', 1000, 'bytes=0-9', '{tag}, {tag}', '200'],
  ['the tag twice in two lines', 'rfc', 1000, 'bytes=0-9', ['{tag}', '{tag}'], '200'],
  ['the tag and a comma', 'rfc', 1000, 'bytes=0-9', '{tag},', '200'],
  ['the tag inside other text', 'rfc', 1000, 'bytes=0-9', '"q", W/{tag} junk', '200'],
  ['the tag and junk', 'rfc', 1000, 'bytes=0-9', '{tag}junk', '200'],
]

const DATES: readonly Row[] = [
  ['the date', ['nginxIfRange', 'tomcatRange'], 1000, 'bytes=0-9', LAST_MODIFIED, '206 0-9'],
  ['the date, of 9', 'send', 9, 'bytes=0-0', LAST_MODIFIED, '206 0-0'],
  ['the date, of 8', 'goFile', 8, 'bytes=0-4', LAST_MODIFIED, '206 0-4'],
  ['the date, of 62', 'aspnetRange', 62, 'bytes=0-10', LAST_MODIFIED, '206 0-10'],
  ['the date and white space', 'rfc', 1000, 'bytes=0-9', `\t${LAST_MODIFIED} `, '206 0-9'],
  ['the date and a range past the end', 'rfc', 1000, 'bytes=1000-', LAST_MODIFIED, '416'],
  ['the date and two ranges', 'rfc', 1000, 'bytes=0-9,-10', LAST_MODIFIED, '206 0-9, 990-999'],
  ['the date as RFC 850 wrote it', 'rfc', 1000, 'bytes=0-9', 'Friday, 02-Jan-26 03:04:05 GMT', '206 0-9'],
  ['the date as asctime wrote it', 'rfc', 1000, 'bytes=0-9', 'Fri Jan  2 03:04:05 2026', '206 0-9'],
  ['a second earlier', 'rfc', 1000, 'bytes=0-9', 'Fri, 02 Jan 2026 03:04:04 GMT', '200'],
  ['a second later', 'goFile', 8, 'bytes=0-4', 'Fri, 02 Jan 2026 03:04:06 GMT', '200'],
  ['a second later as RFC 850 wrote it', 'rfc', 1000, 'bytes=0-9', 'Friday, 02-Jan-26 03:04:06 GMT', '200'],
  ['a second later as asctime wrote it', 'rfc', 1000, 'bytes=0-9', 'Fri Jan  2 03:04:06 2026', '200'],
  ['a second later and past the end', 'rfc', 1000, 'bytes=1000-', 'Fri, 02 Jan 2026 03:04:06 GMT', '200'],
  ['twenty seconds earlier', 'send', 9, 'bytes=0-0', 'Fri, 02 Jan 2026 03:03:45 GMT', '200'],
  ['an hour later', 'rfc', 1000, 'bytes=0-9', 'Fri, 02 Jan 2026 04:04:05 GMT', '200'],
  ['a day earlier', 'aspnetRange', 62, 'bytes=0-10', 'Thu, 01 Jan 2026 03:04:05 GMT', '200'],
  ['a date of 1970', 'tomcatRange', 500, 'bytes=0-9', 'Thu, 01 Jan 1970 00:00:01 GMT', '200'],
  ['a date of 1990', 'aiohttpFile', 13, 'bytes=2-', 'Mon, 1 Jan 1990 01:01:01 GMT', '200'],
  ['a date of 9999', 'aiohttpFile', 13, 'bytes=2-', 'Fri, 31 Dec 9999 23:59:59 GMT', '200'],
  ['a word', 'nginxIfRange', 1000, 'bytes=0-9', 'wrong', '200'],
  ['another word', 'send', 9, 'bytes=0-0', 'foo', '200'],
  ['letters', 'inert', 42_010, 'bytes=42005-42011', 'abc', '200'],
  ['nonsense', 'tomcatRange', 500, 'bytes=0-9', 'a-b-c', '200'],
  ['text that is no date', 'aiohttpFile', 13, 'bytes=2-', 'not a valid HTTP-date', '200'],
  ['the date in lower case', 'rfc', 1000, 'bytes=0-9', 'fri, 02 jan 2026 03:04:05 gmt', '200'],
  ['the date with an offset', 'rfc', 1000, 'bytes=0-9', 'Fri, 02 Jan 2026 03:04:05 +0000', '200'],
  ['the date in ISO 8601', 'rfc', 1000, 'bytes=0-9', '2026-01-02T03:04:05Z', '200'],
  ['the date in seconds', 'rfc', 1000, 'bytes=0-9', '1767323045', '200'],
  ['the date in quotes', 'rfc', 1000, 'bytes=0-9', `"${LAST_MODIFIED}"`, '200'],
  ['the date and a parameter', 'rfc', 1000, 'bytes=0-9', `${LAST_MODIFIED}; length=1000`, '200'],
]

/** A date is no strong validator in the second it names, nor if the file has none (section 8.8.2.2). */
const WEAK_DATES: readonly (readonly [name: string, file: FileKind, ifRange: string, expected: Expected])[] =
  [
    ['the date, within its second', 'fresh', 'Sun, 01 Feb 2026 00:00:00 GMT', '200'],
    ['the tag, within the second of the date', 'fresh', '{tag}', '206 0-9'],
    ['the epoch, of a file without a date', 'undated', 'Thu, 01 Jan 1970 00:00:00 GMT', '200'],
    ['the second after it, of a file without a date', 'undated', 'Thu, 01 Jan 1970 00:00:01 GMT', '200'],
    ['a date, of a file without one', 'undated', LAST_MODIFIED, '200'],
    ['the tag, of a file without a date', 'undated', '{tag}', '206 0-9'],
    ['another tag, of a file without a date', 'undated', '"x"', '200'],
  ]

const WITHOUT_RANGE: readonly (readonly [string, Source | readonly Source[], string])[] = [
  ['the tag, and no Range', 'aspnetRange', '{tag}'],
  ['the date, and no Range', 'aspnetRange', LAST_MODIFIED],
  ['another tag, and no Range', 'rfc', '"x"'],
  ['text that is no date, and no Range', 'aiohttpFile', 'not a valid HTTP-date'],
]

export const IF_RANGE: readonly PeerCase[] = [
  ...[...TAGS, ...DATES].map(([name, from, size, range, ifRange, expected]): PeerCase => ({
    name,
    from,
    size,
    fields: { Range: range, 'If-Range': ifRange },
    expected,
  })),
  ...WEAK_DATES.map(([name, file, ifRange, expected]): PeerCase => ({
    name,
    from: file === 'fresh' ? 'rfc' : ['rfc', 'nginxIfRange'],
    size: 1000,
    file,
    fields: { Range: 'bytes=0-9', 'If-Range': ifRange },
    expected,
  })),
  ...WITHOUT_RANGE.map(([name, from, ifRange]): PeerCase => ({
    name,
    from,
    size: 62,
    fields: { 'If-Range': ifRange },
    expected: '200',
  })),
]
