/** If-Match by strong comparison, If-None-Match by weak comparison, in lists of every form (RFC 9110, section 13.1). */
import { LAST_MODIFIED, type Expected, type Fields, type PeerCase } from './peer-case'
import type { Source } from './sources'

type Row = readonly [
  name: string,
  from: Source | readonly Source[],
  text: string | readonly string[],
  /** The response if it is sent in If-Match. */
  ifMatch: Expected,
  /** The response if it is sent in If-None-Match. */
  ifNoneMatch: Expected,
]

const MATCHING: readonly Row[] = [
  ['a star', ['nginxModified', 'send', 'aiohttpFile', 'aspnetCache', 'tomcatMatch'], '*', '200', '304'],
  ['a star after a space', 'tomcatMatch', ' *', '200', '304'],
  ['a star before a space', 'tomcatMatch', '* ', '200', '304'],
  ['the tag', ['nginxModified', 'django', 'aspnetCache', 'goFile', 'lighttpdCache'], '{tag}', '200', '304'],
  ['the tag, weak', ['nginxModified', 'django', 'tomcatMatch', 'aiohttpFile'], 'W/{tag}', '412', '304'],
  ['the tag third', ['send', 'fastifySend'], '"foo", "bar", {tag}', '200', '304'],
  ['the tag second', 'fastifySend', '"foo", {tag}, "bar"', '200', '304'],
  ['the tag in a list with spaces', 'nginxModified', '"foo", "bar", {tag} , "baz"', '200', '304'],
  ['the tag in a list with a tab', 'nginxModified', '"foo", "bar", \t{tag} , "baz"', '200', '304'],
  ['another and the tag', 'goFile', '"Z", {tag}', '200', '304'],
  ['another and the tag, weak', 'goFile', '"baz", W/{tag}', '412', '304'],
  ['the tag twice', 'aspnetCache', '{tag}, {tag}', '200', '304'],
  ['the tag and a bad one', ['aspnetCache', 'django'], '{tag}, "badetag"', '200', '304'],
  ['a number and the tag', 'lighttpdCache', '"12345", {tag}', '200', '304'],
  ['a number and the tag, weak', 'lighttpdCache', '"12345", W/{tag}', '412', '304'],
  ['a weak number and the tag', 'lighttpdFile', 'W/"12345", {tag}', '200', '304'],
  ['a weak number, the tag, and the tag weak', 'lighttpdFile', 'W/"12345", {tag}, W/{tag}', '200', '304'],
  ['many empty members and the tag', 'lighttpdCache', '"12345",, ,,  ,  {tag}', '200', '304'],
  ['the tag, and one without an end', 'lighttpdCache', '"1234", {tag}, "brokentrailing', '200', '304'],
  [
    'the tag, others, and what is none',
    'aiohttpFile',
    '{tag},"some-other-strong-etag",W/"weak-tag",invalid-tag',
    '200',
    '304',
  ],
  [
    'the tag, weak, others, and what is none',
    'aiohttpFile',
    'W/{tag},"some-other-strong-etag",W/"weak-tag",invalid-tag',
    '412',
    '304',
  ],
  ['what is none, and the tag', 'rfc', 'invalid-tag, {tag}', '200', '304'],
  ['the tag, weak and strong', 'rfc', 'W/{tag}, {tag}', '200', '304'],
  ['a tag with a comma, and the tag', 'rfc', '"a,b", {tag}', '200', '304'],
  ['an empty tag, and the tag', 'rfc', '"", {tag}', '200', '304'],
  ['white space around the tag', 'rfc', ' \t{tag}\t ', '200', '304'],
  ['the tag in the second of two lines', 'rfc', ['"foo"', '{tag}'], '200', '304'],
  ['the tag in the first of two lines', 'rfc', ['{tag}', '"foo"'], '200', '304'],
  ['the tag, weak, in the second of two lines', 'rfc', ['"foo"', 'W/{tag}'], '412', '304'],
  ['a hundred others and the tag', 'rfc', `${'"other", '.repeat(100)}{tag}`, '200', '304'],
]

const MISSING: readonly Row[] = [
  ['another', ['nginxModified', 'aspnetCache'], '"foo"', '412', '200'],
  ['two others', 'send', '"foo", "bar"', '412', '200'],
  ['two others with spaces around', 'send', ' "foo", "bar" ', '412', '200'],
  ['two others with empty members', 'fastifySend', ' "foo",, "bar" ,', '412', '200'],
  ['a number', ['send', 'tomcatMatch'], '"123"', '412', '200'],
  ['a longer number', 'tomcatMatch', '"123456789"', '412', '200'],
  ['a longer number, weak', 'tomcatMatch', 'W/"123456789"', '412', '200'],
  ['a strong and a weak one', 'aiohttpFile', '"example-tag", W/"weak-tag"', '412', '200'],
  ['a weak number', 'lighttpdCache', 'W/"12345"', '412', '200'],
  ['a comma', 'goFile', ',', '412', '200'],
  ['commas and spaces', 'rfc', ' , ,, ', '412', '200'],
  ['a star in quotes', 'lighttpdCache', '"*"', '412', '200'],
  ['two stars', 'rfc', '**', '412', '200'],
  ['a word', ['lighttpdCache', 'koaRange'], 'foo', '412', '200'],
  ['a word that is another tag', 'fresh', 'tobi', '412', '200'],
  ['a long word', 'koaRange', 'fake_etag_value_that_doesnt_match', '412', '200'],
  ['a date', 'fresh', LAST_MODIFIED, '412', '200'],
  ['the tag without quotes', ['lighttpdCache', 'bun'], '{opaque}', '412', '200'],
  ['the tag without its last quote', 'lighttpdCache', '"{opaque}', '412', '200'],
  ['the tag without its first quote', 'rfc', '{opaque}"', '412', '200'],
  ['the tag, weak, without quotes', 'rfc', 'W/{opaque}', '412', '200'],
  ['three quotes', 'django', '"""', '412', '200'],
  ['a W', 'tomcatMatch', 'W', '412', '200'],
  ['a W and a slash', 'tomcatMatch', 'W/', '412', '200'],
  ['the tag, weak in lower case', 'tomcatMatch', 'w/{tag}', '412', '200'],
  ['the tag and a letter after a space', 'tomcatMatch', '{tag} x', '412', '200'],
  ['the tag and a letter', 'tomcatMatch', '{tag}x', '412', '200'],
  ['a letter and the tag', 'rfc', 'x{tag}', '412', '200'],
  ['the tag with a letter more', 'rfc', '"x{opaque}"', '412', '200'],
  ['the tag with a space more', 'rfc', '"{opaque} "', '412', '200'],
  ['the tag after a comma within quotes', 'rfc', '"a, {opaque}"', '412', '200'],
  ['the tag in single quotes', 'rfc', "'{opaque}'", '412', '200'],
  ['the tag after another, without a comma', 'rfc', '"a" {tag}', '412', '200'],
  ['the tag after a semicolon', 'rfc', '"a"; {tag}', '412', '200'],
  ['an empty tag', 'rfc', '""', '412', '200'],
  ['two lines of others', 'rfc', ['"foo"', '"bar"'], '412', '200'],
  ['a thousand commas', 'rfc', ','.repeat(1000), '412', '200'],
]

/** What Tomcat joins tags with. It refuses an empty member with 400; a recipient must accept it (section 5.6.1.2). */
const COMMAS = [',', ' ,', ', ', ' , ']

const JOINED: readonly Row[] = COMMAS.flatMap((comma): readonly Row[] => [
  [`${JSON.stringify(comma)} before the tag`, 'tomcatMatch', `${comma}{tag}`, '200', '304'],
  [`${JSON.stringify(comma)} before the tag, weak`, 'tomcatMatch', `${comma}W/{tag}`, '412', '304'],
  [`${JSON.stringify(comma)} after the tag`, 'tomcatMatch', `{tag}${comma}`, '200', '304'],
  [`${JSON.stringify(comma)} after the tag, weak`, 'tomcatMatch', `W/{tag}${comma}`, '412', '304'],
  [`the tag${comma}another`, 'tomcatMatch', `{tag}${comma}"123456789"`, '200', '304'],
  [`the tag${comma}another, weak`, 'tomcatMatch', `{tag}${comma}W/"123456789"`, '200', '304'],
  [`another${comma}the tag`, 'tomcatMatch', `"123456789"${comma}{tag}`, '200', '304'],
  [`another, weak${comma}the tag`, 'tomcatMatch', `W/"123456789"${comma}{tag}`, '200', '304'],
  [`the tag, weak${comma}another`, 'tomcatMatch', `W/{tag}${comma}"123456789"`, '412', '304'],
  [`the tag, weak${comma}another, weak`, 'tomcatMatch', `W/{tag}${comma}W/"123456789"`, '412', '304'],
  [`another${comma}the tag, weak`, 'tomcatMatch', `"123456789"${comma}W/{tag}`, '412', '304'],
  [`another, weak${comma}the tag, weak`, 'tomcatMatch', `W/"123456789"${comma}W/{tag}`, '412', '304'],
])

/** GET and HEAD have the same conditions. */
const LISTS: readonly PeerCase[] = [...MATCHING, ...MISSING, ...JOINED].flatMap(
  ([name, from, text, ifMatch, ifNoneMatch]) =>
    ['GET', 'HEAD'].flatMap((method): readonly PeerCase[] => [
      { name, from, size: 1000, method, fields: { 'If-Match': text }, expected: ifMatch },
      { name, from, size: 1000, method, fields: { 'If-None-Match': text }, expected: ifNoneMatch },
    ]),
)

/** Conditions come before ranges (section 13.2.2). */
const WITH_RANGE: readonly (readonly [string, Source | readonly Source[], Fields, Expected])[] = [
  [
    'If-None-Match with the tag',
    ['bun', 'koaRange'],
    { 'If-None-Match': '{tag}', Range: 'bytes=0-4' },
    '304',
  ],
  [
    'If-None-Match with the tag, weak',
    'lighttpdCache',
    { 'If-None-Match': 'W/{tag}', Range: 'bytes=0-0' },
    '304',
  ],
  ['If-None-Match with a star', 'rfc', { 'If-None-Match': '*', Range: 'bytes=0-4' }, '304'],
  ['If-None-Match with another', 'bun', { 'If-None-Match': '"xyz"', Range: 'bytes=0-4' }, '206 0-4'],
  ['If-None-Match without quotes', 'bun', { 'If-None-Match': '{opaque}', Range: 'bytes=0-4' }, '206 0-4'],
  ['If-Match with the tag', 'koaRange', { 'If-Match': '{tag}', Range: 'bytes=0-5' }, '206 0-5'],
  ['If-Match with a star', 'rfc', { 'If-Match': '*', Range: 'bytes=-5' }, '206 995-999'],
  ['If-Match with a word', 'koaRange', { 'If-Match': 'fake_etag', Range: 'bytes=0-5' }, '412'],
  ['If-Match with the tag, weak', 'rfc', { 'If-Match': 'W/{tag}', Range: 'bytes=0-5' }, '412'],
  ['If-Match with another, past the end', 'rfc', { 'If-Match': '"x"', Range: 'bytes=1000-' }, '412'],
  [
    'If-None-Match with the tag, past the end',
    'rfc',
    { 'If-None-Match': '{tag}', Range: 'bytes=1000-' },
    '304',
  ],
  ['If-Match with the tag, past the end', 'rfc', { 'If-Match': '{tag}', Range: 'bytes=1000-' }, '416'],
  [
    'If-None-Match with another, past the end',
    'rfc',
    { 'If-None-Match': '"x"', Range: 'bytes=1000-' },
    '416',
  ],
  ['If-None-Match with the tag, malformed', 'rfc', { 'If-None-Match': '{tag}', Range: 'bytes=9-5' }, '304'],
  [
    'If-None-Match with the tag, two ranges',
    'rfc',
    { 'If-None-Match': '{tag}', Range: 'bytes=0-9,-10' },
    '304',
  ],
  [
    'If-None-Match with another, two ranges',
    'rfc',
    { 'If-None-Match': '"x"', Range: 'bytes=0-9,-10' },
    '206 0-9, 990-999',
  ],
  [
    'If-Match and If-Range with the tag',
    'rfc',
    { 'If-Match': '{tag}', 'If-Range': '{tag}', Range: 'bytes=0-9' },
    '206 0-9',
  ],
  [
    'If-Match with the tag and If-Range with another',
    'rfc',
    { 'If-Match': '{tag}', 'If-Range': '"x"', Range: 'bytes=0-9' },
    '200',
  ],
  [
    'If-Match with another and If-Range with the tag',
    'rfc',
    { 'If-Match': '"x"', 'If-Range': '{tag}', Range: 'bytes=0-9' },
    '412',
  ],
  [
    'If-None-Match with the tag and If-Range with another',
    'rfc',
    { 'If-None-Match': '{tag}', 'If-Range': '"x"', Range: 'bytes=0-9' },
    '304',
  ],
  [
    'If-None-Match with another and If-Range with the tag',
    'rfc',
    { 'If-None-Match': '"x"', 'If-Range': '{tag}', Range: 'bytes=0-9' },
    '206 0-9',
  ],
  ['Cache-Control of a reload', 'fresh', { 'Cache-Control': 'no-cache' }, '200'],
  [
    'Cache-Control of a reload and the tag',
    'rfc',
    { 'Cache-Control': 'no-cache', 'If-None-Match': '{tag}' },
    '304',
  ],
]

/** Other files than the ordinary one of 1000 bytes. */
const OTHER_FILES: readonly PeerCase[] = [
  {
    name: 'the tag of nothing',
    from: 'nginxModified',
    size: 0,
    fields: { 'If-None-Match': '{tag}' },
    expected: '304',
  },
  {
    name: 'another than of nothing',
    from: 'nginxModified',
    size: 0,
    fields: { 'If-Match': '"foo"' },
    expected: '412',
  },
  { name: 'a star of nothing', from: 'nginxModified', size: 0, fields: { 'If-Match': '*' }, expected: '200' },
  {
    name: 'the tag of a mebibyte',
    from: 'rfc',
    size: 1_048_576,
    fields: { 'If-None-Match': '{tag}' },
    expected: '304',
  },
  {
    name: 'the tag where there is no date',
    from: ['django', 'goFile'],
    size: 1000,
    file: 'undated',
    fields: { 'If-None-Match': '{tag}' },
    expected: '304',
  },
  {
    name: 'the tag where there is no date',
    from: 'django',
    size: 1000,
    file: 'undated',
    fields: { 'If-Match': '{tag}' },
    expected: '200',
  },
  {
    name: 'another where there is no date',
    from: 'django',
    size: 1000,
    file: 'undated',
    fields: { 'If-None-Match': '"x"' },
    expected: '200',
  },
  {
    name: 'another where there is no file',
    from: 'nginxModified',
    size: 0,
    file: 'missing',
    fields: { 'If-Match': '"foo"' },
    expected: '404',
  },
  {
    name: 'a star where there is no file',
    from: 'rfc',
    size: 0,
    file: 'missing',
    fields: { 'If-None-Match': '*' },
    expected: '404',
  },
  {
    name: 'a range where there is no file',
    from: 'koaRange',
    size: 0,
    file: 'missing',
    fields: { Range: 'bytes=0-5', 'If-Modified-Since': LAST_MODIFIED },
    expected: '404',
  },
]

export const ENTITY_TAGS: readonly PeerCase[] = [
  ...LISTS,
  ...WITH_RANGE.map(([name, from, fields, expected]): PeerCase => ({
    name,
    from,
    size: 1000,
    fields,
    expected,
  })),
  ...OTHER_FILES,
]
