/** The page: static files, under a policy that lets the browser load nothing but what this server has. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import express, { type Router } from 'express'
import helmet from 'helmet'
import { publicDirectory, vendorPaths } from './paths'

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
  const page = express.Router()

  page.get(['/', '/index.html'], async (_req, res, next) => {
    const markup = await readFile(join(publicDirectory, 'index.html'), 'utf8')
    const nonce = randomBytes(16).toString('base64')
    // wavesurfer.js brings a style element for its shadow root: the nonce lets in that one and no other.
    const styleSrc = [...contentSecurityPolicy.styleSrc, `'nonce-${nonce}'`]
    helmet.contentSecurityPolicy({ directives: { ...contentSecurityPolicy, styleSrc } })(_req, res, error => {
      if (error !== undefined) {
        next(error)
        return
      }
      // A copy that is kept would have the nonce of an earlier answer.
      res.set('Cache-Control', 'no-store').type('html').send(markup.replace(NONCE, nonce))
    })
  })

  for (const [name, path] of Object.entries(vendorPaths)) {
    page.use(`/vendor/${name}`, express.static(path, { index: false, redirect: false }))
  }
  page.use(express.static(publicDirectory, { index: false }))
  return page
}
