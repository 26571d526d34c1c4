import { readTrackAddress } from '../src/track-address'

describe('readTrackAddress', () => {
  it.each([
    ['track1', 'track1', undefined],
    ['track1.mp3', 'track1', 'mp3'],
    ['track1.MP3', 'track1', 'MP3'],
    ['track1.exe', 'track1', 'exe'],
    ['track1.0', 'track1', '0'],
    [`a.${'x'.repeat(16)}`, 'a', 'x'.repeat(16)],
    [`${'𐐷'.repeat(512)}.m4a`, '𐐷'.repeat(512), 'm4a'],
    ['गीता.ogg', 'गीता', 'ogg'],
    ['e\u0301te\u0301.flac', 'e\u0301te\u0301', 'flac'],
  ])('reads %s', (claim, id, extension) => {
    expect(readTrackAddress(claim)).toEqual({ id, extension })
  })

  it.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a dot at the end', 'a.'],
    ['an extension alone', '.mp3'],
    ['two extensions', 'a.b.mp3'],
    ['two dots between', 'a..mp3'],
    ['an extension beyond ASCII', 'a.ü'],
    ['the Kelvin sign, which is a k in lower case', 'a.m\u212aa'],
    ['an extension with a mark', 'a.mp3\u0301'],
    ['an extension with a space', 'a.mp3 '],
    ['an extension with a line feed', 'a.mp3\n'],
    ['an extension with NUL', 'a.mp3\0'],
    ['an extension with an underscore', 'a.mp_3'],
    ['an extension of 17 letters', `a.${'x'.repeat(17)}`],
    ['a path', 'a/b.mp3'],
    ['a way out', '../a.mp3'],
    ['the separator of the signed text', 'a|1.mp3'],
    ['an id of 513 characters', `${'a'.repeat(513)}.mp3`],
    ['a megabyte of dots', '.'.repeat(1_000_000)],
    ['a list', ['a.mp3']],
    ['no text', undefined],
  ])('refuses %s', (_what, claim) => {
    expect(readTrackAddress(claim)).toBeUndefined()
  })
})
