/** The page: files that are kept in memory, under a policy that lets the browser load nothing but what this server has. */
import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import express, { type Router } from 'express'
import helmet from 'helmet'
import { createPageFiles } from './page-files'
import { publicDirectory, vendorPlaces } from '../paths'

/** What differs from helmet's defaults: all that the page needs comes from here. */
export const contentSecurityPolicy = {
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  fontSrc: ["'self'"],
  mediaSrc: ["'self'"],
  // From a phone on the same network the page is reached by plain http, at an address that is not localhost.
  upgradeInsecureRequests: null,
}

/** Stands in the markup where the nonce of the answer goes. */
const NONCE = '{{nonce}}'

export function createPage(): Router {
  const page = express.Router({ caseSensitive: true, strict: true })
  const files = createPageFiles({ '': publicDirectory, ...vendorPlaces })

  page.get(['/', '/index.html'], async (req, res, next) => {
    const markup = String((await files.read('/index.html'))?.content)
    const nonce = randomBytes(16).toString('base64')
    // wavesurfer.js brings a style element for its shadow root: the nonce lets in that one and no other.
    const styleSrc = [...contentSecurityPolicy.styleSrc, `'nonce-${nonce}'`]
    helmet.contentSecurityPolicy({ directives: { ...contentSecurityPolicy, styleSrc } })(req, res, error => {
      if (error !== undefined) {
        next(error)
        return
      }
      // A copy that is kept would have the nonce of an earlier answer.
      res.set('Cache-Control', 'no-store').type('html').send(markup.replace(NONCE, nonce))
    })
  })

  page.use(async (req, res, next) => {
    const reading = req.method === 'GET' || req.method === 'HEAD' ? files.read(req.path) : undefined
    if (reading === undefined) {
      next()
      return
    }
    const { name, content, etag } = await reading
    // The same bytes for all who ask: a client that takes none of them costs a connection and no copy.
    res.set({ 'Cache-Control': 'public, max-age=0', ETag: etag }).type(extname(name)).send(content)
  })
  return page
}
