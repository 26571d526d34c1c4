/** Signs links for the page: plain ones, and ones with terms. Part of the API, which says for whom it is. */
import express, { type Request, type Router } from 'express'
import type { DescribeTrack } from '../library/track-list'
import type { LinkDescription, Links, Signer, TermOptions } from 'express-signed-stream'
import { clientSignal } from '../front/client-signal'
import { canPretendDevices } from './pretended-device'
import { parseWhole } from './whole-number'

const LOCAL_USE =
  'For local use: anyone who can call this can listen. A real app puts its own login in front of it.'

/** A day: a page that wants more signs a new one. */
const MAX_EXPIRES_IN = 86_400

export interface SigningOptions {
  readonly signer: Signer
  readonly links: Links
  readonly describeTrack: DescribeTrack
}

/** The link that a new one replaces. Not in the query, which logs have. */
const RENEWED_LINK = 'Renewed-Link'

/** The terms that the page can give, by the names of the options of `createLink`. */
const NUMBERS = ['playFor', 'uses', 'streams'] as const
const TEXTS = ['listener', 'downloadName', 'network', 'linkId'] as const
const KNOWN: readonly string[] = ['expiresIn', ...NUMBERS, ...TEXTS]

export function createSigning({ signer, links, describeTrack }: SigningOptions): Router {
  const signing = express.Router()

  signing.get('/:id', async (req, res) => {
    const expiresIn = parseWhole(req.query['expiresIn'] ?? '3600', MAX_EXPIRES_IN)
    if (expiresIn === undefined) {
      res.status(400).json({ error: `expiresIn must be whole seconds from 1 to ${MAX_EXPIRES_IN}` })
      return
    }
    const terms = readTerms(req.query)
    if (typeof terms === 'string') {
      res.status(400).json({ error: terms })
      return
    }
    const { id } = req.params
    if ((await describeTrack(id, { signal: clientSignal(req, res) })) === undefined) {
      res.status(404).json({ error: 'No such track' })
      return
    }
    const renewed = req.get(RENEWED_LINK)
    // Otherwise a page that renews its links would undo each revocation. A link that renews none is for a new listener.
    if (renewed !== undefined && links.describe(renewed)?.isRevoked === true) {
      res.status(403).json({ error: 'The link before it was revoked' })
      return
    }
    const devices = canPretendDevices(req) ? 'apart' : 'one'
    if (Object.keys(terms).length === 0) {
      res.json({ ...signer.createLink(id, { expiresIn }), devices, note: LOCAL_USE })
      return
    }
    const link = trySigning(() => links.createLink(id, { expiresIn, ...terms }))
    if (typeof link === 'string') {
      res.status(400).json({ error: link })
      return
    }
    const { url, expires } = link
    const allows = shown(links.describe(url), terms)
    res.json({ url, expires, allows, devices, note: LOCAL_USE })
  })
  return signing
}

/** @returns what is wrong, as a text: a term that is not understood must not give a link more than was meant */
function readTerms(query: Request['query']): TermOptions | string {
  const unknown = Object.keys(query).find(name => !KNOWN.includes(name))
  if (unknown !== undefined) return `There is no parameter ${JSON.stringify(unknown.slice(0, 40))}`
  const terms: Record<string, string | number> = {}
  for (const name of TEXTS) {
    const value = query[name]
    if (value === undefined) continue
    if (typeof value !== 'string' || value === '') return `${name} must be one text`
    terms[name] = value
  }
  for (const name of NUMBERS) {
    const value = query[name]
    if (value === undefined) continue
    const number = parseWhole(value, MAX_EXPIRES_IN)
    if (number === undefined) return `${name} must be a whole number from 1 to ${MAX_EXPIRES_IN}`
    terms[name] = number
  }
  return terms
}

/** The package says what is wrong with a term, without its value being one that clients could not have sent. */
function trySigning<Link>(sign: () => Link): Link | string {
  try {
    return sign()
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    return error.message.replace(/^Cannot sign: /, '')
  }
}

/** What the link allows, as its verifier reads it. */
function shown(link: LinkDescription | undefined, { network }: TermOptions): object {
  const { name, playUntil, listener, uses, streams, downloadName } = link ?? {}
  return { name, playUntil, listener, uses, streams, downloadName, network }
}
