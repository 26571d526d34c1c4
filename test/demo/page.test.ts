import request from 'supertest'
import { makeDemo } from './support'

const { app, directory } = makeDemo()
afterAll(directory.remove)

/** What a page's text refers to by `src` and `href`, but for anchors in itself. */
function referencesOf(html: string): string[] {
  return Array.from(html.matchAll(/\b(?:src|href)="([^"#]+)"/g), ([, reference = '']) => reference)
}

function importsOf(script: string): string[] {
  return Array.from(script.matchAll(/\bfrom '([^']+)'/g), ([, specifier = '']) => specifier)
}

describe('the page', () => {
  it('is served as HTML, with what the browser may load limited to this server', async () => {
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
        "object-src 'none'",
      ]),
    )
    // On plain http, this would send the browser of a phone to an https that is not there.
    expect(directives).not.toContain('upgrade-insecure-requests')
  })

  it('refers to files of this server only, which exist', async () => {
    const references = referencesOf((await request(app).get('/')).text)
    expect(new Set(references)).toEqual(new Set(['icon.svg', 'page.css', 'page.js']))
    const imports = importsOf((await request(app).get('/page.js')).text)
    expect(imports).toEqual(['./format.js'])
    for (const reference of [...references, 'format.js']) {
      expect((await request(app).get(`/${reference}`)).status).toBe(200)
    }
  })

  it('has no script or style in its markup, which the policy would block', async () => {
    const { text } = await request(app).get('/')
    expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/)
  })

  it.each(['/page.js', '/format.js', '/page.css'])('loads nothing from elsewhere in %s', async path => {
    const answer = await request(app).get(path)
    expect(answer.text).not.toMatch(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/i)
  })

  it('does not say what it runs on', async () => {
    expect((await request(app).get('/')).headers).not.toHaveProperty('x-powered-by')
  })
})

describe('any other path', () => {
  it.each(['/missing.html', '/.env', '/..%2fpackage.json', '/%2e%2e/package.json', '/stream', '/stream/a/b'])(
    'answers 404 to %s',
    async path => {
      const answer = await request(app).get(path)
      expect(answer.status).toBe(404)
      expect(answer.text).toBe('Not found')
    },
  )
})
