/** The page: its files, and a policy that allows the browser to load nothing from other servers. */
import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import express, { type Router } from 'express'
import helmet from 'helmet'
import { isRead } from '../front/request-target'
import { publicDirectory, vendorPlaces } from '../paths'
import { createPageFiles } from './page-files'

/** Stricter than helmet's defaults: everything that the page needs comes from this server. */
export const contentSecurityPolicy = {
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  fontSrc: ["'self'"],
  mediaSrc: ["'self'"],
  imgSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  // A phone on the same network opens the page by plain http, and this server has no https to upgrade to.
  upgradeInsecureRequests: null,
}

/** The place of the nonce in the markup. */
const NONCE = '{{nonce}}'

export function createPage(): Router {
  const page = express.Router({ caseSensitive: true, strict: true })
  const files = createPageFiles({ '': publicDirectory, ...vendorPlaces })

  page.get('/', (req, res, next) => {
    const path = req.originalUrl.replace(/\?.*/, '')
    // An app that mounts this one at `/music` also passes `/music`: there, the browser would look for files beside it.
    if (path.endsWith('/') || req.baseUrl === '') next()
    else res.redirect(`./${path.slice(path.lastIndexOf('/') + 1)}/${req.originalUrl.slice(path.length)}`)
  })

  page.get(['/', '/index.html'], async (req, res, next) => {
    const markup = String((await files.read('/index.html'))?.content)
    const nonce = randomBytes(16).toString('base64')
    // wavesurfer.js adds a style element to its shadow root: the nonce allows that one and no other.
    const styleSrc = [...contentSecurityPolicy.styleSrc, `'nonce-${nonce}'`]
    helmet.contentSecurityPolicy({ directives: { ...contentSecurityPolicy, styleSrc } })(req, res, error => {
      if (error !== undefined) {
        next(error)
        return
      }
      // A stored copy would have the nonce of an earlier response.
      res.set('Cache-Control', 'no-store').type('html').send(markup.replace(NONCE, nonce))
    })
  })

  page.use(async (req, res, next) => {
    const reading = isRead(req) ? files.read(req.path) : undefined
    if (reading === undefined) {
      next()
      return
    }
    const { name, content, etag } = await reading
    // All responses share one buffer: a client that reads nothing costs a connection, but no copy.
    res.set({ 'Cache-Control': 'public, max-age=0', ETag: etag }).type(extname(name)).send(content)
  })
  return page
}
