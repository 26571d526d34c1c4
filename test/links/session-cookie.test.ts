import { makeSessionCookie, nextRandom, readSessionCookie } from '../../src/links/session-cookie'
import { readKeyring } from '../../src/signing/keyring'
import { SECRET } from '../support/tracks'

const keys = readKeyring(SECRET, 'createLinks')

function client(more: object = {}) {
  return {
    address: '192.0.2.7',
    playbackSession: undefined,
    cookies: undefined,
    isSecure: false,
    path: '/stream/track1',
    ...more,
  }
}

function cookieFor(more: object, isAlbum = false, cookiePath?: string): string {
  return makeSessionCookie(keys, 'a', nextRandom(), client(more), { cookie: true, cookiePath }, isAlbum, 60)
}

describe('the path of a session cookie', () => {
  it.each<[string, object, boolean, string | undefined, string]>([
    ['that of the track', {}, false, undefined, '/stream/track1'],
    ['the folder of an album', {}, true, undefined, '/stream'],
    ['the folder for VLC', { userAgent: 'VLC/3.0.24 LibVLC/3.0.24' }, false, undefined, '/stream'],
    ['the public one', {}, false, '/media', '/media/track1'],
    ['that of an encoded id', { path: '/stream/h%C3%A9' }, false, undefined, '/stream/h%C3%A9'],
    ['the folder if an attribute could end in the id', { path: '/stream/a;b' }, false, undefined, '/stream'],
    ['the root if one could end in the folder', { path: '/a;Domain=b/c' }, false, undefined, '/'],
    ['the root for a folder at the root', { path: '/track1' }, true, undefined, '/'],
  ])('is %s', (_what, more, isAlbum, cookiePath, path) => {
    expect(cookieFor(more, isAlbum, cookiePath)).toContain(`; Path=${path}; `)
  })
})

describe('a session cookie', () => {
  const value = cookieFor({}).split(';', 1)[0] ?? ''

  it.each<[string, string, boolean]>([
    ['alone', value, true],
    ['among others', `a=1; ${value}; b=2`, true],
    ['after one of another link', `ess=AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA; ${value}`, true],
    ['that is cut short', value.slice(0, -1), false],
    ['that is longer', `${value}A`, false],
    ['of another name', value.replace('ess', 'essential'), false],
    ['behind fifty others', `${'a=1; '.repeat(50)}${value}`, false],
    ['without a value', 'ess=; ess', false],
  ])('%s is read: %#', (_what, cookies, isRead) => {
    expect(readSessionCookie(keys, 'a', client({ cookies })) !== undefined).toBe(isRead)
    expect(readSessionCookie(keys, 'b', client({ cookies }))).toBeUndefined()
  })

  it('of an earlier secret is read while that verifies', () => {
    const both = readKeyring([`${SECRET}new`, SECRET], 'createLinks')
    expect(readSessionCookie(both, 'a', client({ cookies: value }))).toBeDefined()
    expect(
      readSessionCookie(readKeyring(`${SECRET}new`, 'createLinks'), 'a', client({ cookies: value })),
    ).toBeUndefined()
  })
})
