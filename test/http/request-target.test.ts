import fc from 'fast-check'
import { decodeSegment, lastSegment, splitTarget } from '../../src/http/request-target'
import { anyText } from '../support/any-text'

describe('splitTarget', () => {
  it.each([
    ['a path', '/stream/track1', '/stream/track1', ''],
    ['a path and a query', '/stream/track1?a=1&b=2', '/stream/track1', 'a=1&b=2'],
    ['an empty query', '/stream/track1?', '/stream/track1', ''],
    ['a query with a further ?', '/stream/track1?a=1?b=2', '/stream/track1', 'a=1?b=2'],
    ['a query with slashes', '/stream/track1?to=/a/b', '/stream/track1', 'to=/a/b'],
    ['a query with a URL', '/stream/track1?to=http://a/b?c', '/stream/track1', 'to=http://a/b?c'],
    ['a fragment', '/stream/track1#t=40', '/stream/track1', ''],
    ['a query and a fragment', '/stream/track1?a=1#t=40', '/stream/track1', 'a=1'],
    ['a fragment with a ?', '/stream/track1#a?b=2', '/stream/track1', ''],
    ['the absolute form', 'http://example.com/stream/track1?a=1', '/stream/track1', 'a=1'],
    ['the absolute form with user and port', 'https://u:p@h:8443/track1?a=1', '/track1', 'a=1'],
    ['the absolute form in upper case', 'HTTP://EXAMPLE.COM/track1', '/track1', ''],
    ['the absolute form with an IPv6 host', 'http://[::1]:80/track1?a=1', '/track1', 'a=1'],
    ['the absolute form without a path', 'http://example.com?a=1', '', 'a=1'],
    ['the absolute form without path and query', 'http://example.com', '', ''],
    ['a path that starts like a host', '//example.com/track1', '//example.com/track1', ''],
    ['a path that holds a URL', '/http://example.com/track1', '/http://example.com/track1', ''],
    ['dot segments, left as they are', '/a/../b/./c?x', '/a/../b/./c', 'x'],
    ['percent-encoding, left as it is', '/%2e%2e/%3Fa?%26=%3D', '/%2e%2e/%3Fa', '%26=%3D'],
    ['a backslash, left as it is', '/a\\b?c\\d', '/a\\b', 'c\\d'],
    ['the asterisk form', '*', '*', ''],
    ['an empty target', '', '', ''],
  ])('splits %s', (_what, target, path, query) => {
    expect(splitTarget(target)).toEqual({ path, query })
  })

  it('loses no character of path and query, whatever they hold', () => {
    const characters = anyText()
    fc.assert(
      fc.property(characters, characters, (left, right) => {
        const path = `/${left.replaceAll(/[?#]/g, '')}`
        const query = right.replaceAll('#', '')
        expect(splitTarget(`${path}?${query}`)).toEqual({ path, query })
      }),
    )
  })
})

describe('lastSegment', () => {
  it.each([
    ['/stream/track1', 'track1'],
    ['/track1', 'track1'],
    ['track1', 'track1'],
    ['/stream/%61bc', 'abc'],
    ['/stream/%C3%A9t%C3%A9', 'été'],
    ['/stream/été', 'été'],
    ['/stream/a+b', 'a+b'],
    ['/stream/a%2Fb', 'a/b'],
    ['/stream/%252F', '%2F'],
    ['/stream/', ''],
    ['', ''],
  ])('of %j is %j', (path, expected) => {
    expect(lastSegment(path)).toBe(expected)
  })

  it.each(['/stream/%zz', '/stream/%', '/stream/%f', '/stream/%ff', '/stream/%c0%ae', '/stream/%ed%a0%80'])(
    'of %s is undefined: it does not decode',
    path => {
      expect(lastSegment(path)).toBeUndefined()
    },
  )

  it('does not mind what comes before it', () => {
    expect(lastSegment('/%zz/track1')).toBe('track1')
  })
})

describe('decodeSegment', () => {
  it('decodes once', () => {
    expect(decodeSegment('%2561')).toBe('%61')
  })

  it('decodes the longest that may name a track with an extension', () => {
    const longest = `${'%F0%90%90%B7'.repeat(512)}%2E${'%61'.repeat(16)}`
    expect(decodeSegment(longest)).toBe(`${'𐐷'.repeat(512)}.${'a'.repeat(16)}`)
  })

  it('is undefined for a longer one, and decodes nothing of it', () => {
    const decode = jest.spyOn(globalThis, 'decodeURIComponent')
    expect(decodeSegment(`${'%F0%90%90%B7'.repeat(512)}%2E${'%61'.repeat(17)}`)).toBeUndefined()
    expect(decodeSegment('a'.repeat(6196))).toBeUndefined()
    expect(decode).not.toHaveBeenCalled()
    decode.mockRestore()
  })

  it('is undefined if that cannot be done', () => {
    expect(decodeSegment('%E0%A4%A')).toBeUndefined()
  })
})
