import { readdirSync } from 'node:fs'
import request from 'supertest'
import { publicDirectory } from '../../demo/paths'
import { makeDemo } from './support'

const { app, directory } = makeDemo()
afterAll(directory.remove)

/** What a page's text refers to by `src` and `href`, but for anchors in itself. */
function referencesOf(html: string): string[] {
  return Array.from(html.matchAll(/\b(?:src|href)="([^"#]+)"/g), ([, reference = '']) => reference)
}

describe('the page', () => {
  it('is HTML, with a policy that lets the browser load from this server only', async () => {
    const answer = await request(app).get('/')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    const directives = (answer.headers['content-security-policy'] ?? '').split(';')
    expect(directives).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "script-src 'self'",
        "script-src-attr 'none'",
        expect.stringMatching(/^style-src 'self' 'nonce-[A-Za-z0-9+/]{22}=='$/),
        "media-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "object-src 'none'",
      ]),
    )
    // On plain http, this would send the browser of a phone to an https that is not there.
    expect(directives).not.toContain('upgrade-insecure-requests')
  })

  it('refers to files of this server only, which exist', async () => {
    const references = referencesOf((await request(app).get('/')).text)
    expect(new Set(references)).toEqual(
      new Set([
        'icon.svg',
        'page.css',
        'player.css',
        'exchanges.css',
        'tries.css',
        'terms.css',
        'listening.css',
        'forced-colours.css',
        'page.js',
      ]),
    )
    for (const reference of new Set(references)) {
      expect([reference, (await request(app).get(`/${reference}`)).status]).toEqual([reference, 200])
    }
  })

  it('allows styles with the nonce of this response, which no other has', async () => {
    const answers = await Promise.all([request(app).get('/'), request(app).get('/index.html')])
    const nonces = answers.map(({ text, headers }) => {
      const [, nonce = ''] = /nonce="([^"]+)"/.exec(text) ?? []
      expect(headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`)
      // A copy that is kept would come with the policy of another answer.
      expect(headers['cache-control']).toBe('no-store')
      return nonce
    })
    expect(new Set(nonces).size).toBe(2)
  })

  it('has no script or style in its markup, which the policy would block', async () => {
    const { text } = await request(app).get('/')
    expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/)
  })

  it.each(readdirSync(publicDirectory))('loads nothing from elsewhere in %s', async name => {
    const answer = await request(app).get(`/${name}`).buffer(true)
    expect(answer.status).toBe(200)
    const text = answer.text || (answer.body as Buffer).toString()
    expect(text.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/i,
    )
  })

  it('serves the library that draws, and nothing beside the files that the page needs', async () => {
    const answer = await request(app).get('/vendor/wavesurfer.esm.js')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
    for (const path of [
      '/vendor/',
      '/vendor/wavesurfer.cjs',
      '/vendor/client/',
      '/vendor/..%2fpackage.json',
    ]) {
      expect([path, (await request(app).get(path)).status]).toEqual([path, 404])
    }
  })

  it('does not reveal what it runs on', async () => {
    expect((await request(app).get('/')).headers).not.toHaveProperty('x-powered-by')
  })
})

describe('any other path', () => {
  it.each(['/missing.html', '/.env', '/..%2fpackage.json', '/%2e%2e/package.json', '/stream', '/stream/a/b'])(
    'responds with 404 to %s',
    async path => {
      const answer = await request(app).get(path)
      expect(answer.status).toBe(404)
      expect(answer.text).toBe('Not found')
    },
  )
})
