import { prefersJson } from '../../src/http/accept'

describe('prefersJson', () => {
  it.each([
    'application/json',
    'application/problem+json',
    'APPLICATION/JSON',
    'application/*',
    'application/json, text/plain;q=0.5',
    'text/plain;q=0.5, application/problem+json;q=0.9',
    'text/html, application/json;q=0.9, */*;q=0.1',
    'text/plain;q=0.1, */*',
    'text/plain;q=0, */*',
    ' application/json ',
  ])('for %s', accept => {
    expect(prefersJson(accept)).toBe(true)
  })

  it.each([
    undefined,
    '',
    '*/*',
    'text/*',
    'text/plain',
    'text/plain, application/json',
    'audio/*;q=0.9, */*;q=0.5',
    'audio/mpeg',
    'application/json;q=0',
    'application/json;q=0.5, text/plain',
    // Firefox, for <audio>.
    'audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5',
    // Chromium, for a page.
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
    'json',
    ',',
    '"',
  ])('not for %s', accept => {
    expect(prefersJson(accept)).toBe(false)
  })

  it.each([
    ['32 members', `${'text/html,'.repeat(31)}application/json`, true],
    ['33 members', `${'text/html,'.repeat(32)}application/json`, false],
    ['1024 characters', `application/json${' '.repeat(1008)}`, true],
    ['1025 characters', `application/json${' '.repeat(1009)}`, false],
  ])('reads no more than any client needs: %s', (_what, accept, expected) => {
    expect(prefersJson(accept)).toBe(expected)
  })
})
