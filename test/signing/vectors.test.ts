/** What our signer and our verifier make of each vector: a second implementation made them. */
import { Buffer } from 'node:buffer'
import { computeSignature, createSigner } from 'express-signed-stream'
import { Ajv2020 } from 'ajv/dist/2020'
import { lastSegment, splitTarget } from '../../src/http/request-target'
import { createLinkAuthenticator } from '../../src/signing/authenticate-link'
import { computeMac, SEVERAL_TRACKS, signedText } from '../../src/signing/canonical'
import { readKeyring } from '../../src/signing/keyring'
import { createLinkVerifier } from '../../src/signing/link-verifier'
import { formatTerms, opensSeveral, parseTerms, type LinkTerms } from '../../src/signing/terms'
import { readTrackAddress } from '../../src/track-address'
import {
  readVector,
  signVectors,
  verifyVectors,
  type SignTest,
  type VectorFile,
  type VerifyGroup,
  type VerifyTest,
} from '../support/vectors'

describe('the vectors', () => {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictRequired: false })
  for (const name of ['verify.schema.json', 'sign.schema.json'])
    ajv.addSchema(readVector(name) as object, name)

  const all: [string, VectorFile, readonly (SignTest | VerifyTest)[]][] = [
    ['sign', signVectors, signVectors.tests],
    ['verify', verifyVectors, verifyVectors.testGroups.flatMap(group => group.tests)],
  ]

  it.each(all)('of %s are as their schema says', (name, file) => {
    const validate = ajv.getSchema(`${name}.schema.json`)
    expect([validate?.(file), validate?.errors]).toEqual([true, null])
  })

  it.each(all)(
    'of %s are numbered, counted, and flagged with what the notes explain',
    (_name, file, tests) => {
      expect(tests.map(({ tcId }) => tcId)).toEqual(tests.map((_, index) => index + 1))
      expect(file.numberOfTests).toBe(tests.length)
      const flags = new Set(tests.flatMap(test => test.flags))
      expect(Object.keys(file.notes).sort()).toEqual([...flags].sort())
    },
  )

  it('are refused by their schema if a verdict has no code, or a valid link has one', () => {
    const validate = ajv.getSchema('verify.schema.json#/$defs/test')
    const { code, ...test } =
      verifyVectors.testGroups.flatMap(({ tests }) => tests).find(({ code }) => code) ?? {}
    expect(validate?.({ ...test, code })).toBe(true)
    expect(validate?.(test)).toBe(false)
    expect(validate?.({ ...test, result: 'valid', code })).toBe(false)
  })
})

describe('our signer', () => {
  it.each(named(signVectors.tests))('signs %s', (_name, { input, signedText: text, sig, url }) => {
    const { secret, baseUrl, id, expires } = input
    const [{ key }] = readKeyring(secret, 'test')
    const { terms, subject } = readTermsOf(input)
    expect(signedText(subject, expires, terms)).toBe(text)
    expect(computeMac(key, subject, expires, terms).toString('hex')).toBe(sig)
    if (terms !== undefined) return
    expect(computeSignature(secret, id, expires)).toBe(sig)
    expect(createSigner({ secret, baseUrl, now: () => 0 }).signUrl(id, { expiresAt: expires })).toBe(url)
  })

  /** The terms as we write them, read from the pairs in the order of their names. */
  function readTermsOf({ id, terms: pairs }: SignTest['input']) {
    if (pairs.length === 0) return { terms: undefined, subject: id }
    const sorted = [...pairs].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    const parsed = parseTerms(sorted.map(pair => pair.join('.')).join('.'))
    const read: LinkTerms = parsed.kind === 'terms' ? parsed.terms : {}
    return { terms: formatTerms(read), subject: opensSeveral(read) ? SEVERAL_TRACKS : id }
  }
})

describe.each(verifyVectors.testGroups.map(group => [group.comment, group] as const))(
  'our verifier: %s',
  (_comment, group) => {
    it.each(named(group.tests))('%s', (_name, { request, result, code }) => {
      expect(verdictOf(group, request)).toEqual(result === 'valid' ? 'valid' : code)
    })
  },
)

function verdictOf(
  { secrets, options }: VerifyGroup,
  { target, at, address }: VerifyTest['request'],
): string {
  const given = secrets.map(({ keyId, secret, secretHex = '' }) => {
    const bytes = secret ?? Buffer.from(secretHex, 'hex')
    return keyId === undefined ? bytes : { keyId, secret: bytes }
  })
  const keyring = readKeyring(given, 'test')
  const { path, query } = splitTarget(target)
  const track = readTrackAddress(lastSegment(path))
  if (track === undefined) return 'INVALID_ID'
  const { clockTolerance = 0, maxTtl = Infinity, sets = {} } = options
  const verify = createLinkVerifier({ secret: keyring, clockTolerance, maxTtl, now: () => at })
  const verdict = verify(track.id, query, address ?? undefined)
  if (verdict.valid) return 'valid'
  // What a set holds is the app's to say.
  const authentication = createLinkAuthenticator(keyring, 0)(track.id, query)
  const link = authentication.kind === 'authentic' ? authentication.link : undefined
  const { set = '' } = link?.grant ?? {}
  const hasTrack = link?.scope === 'set' && Object.hasOwn(sets, set) && sets[set]?.includes(track.id)
  return hasTrack === true ? 'valid' : verdict.code
}

function named<T extends { readonly comment: string }>(tests: readonly T[]): [string, T][] {
  return tests.map(test => [test.comment, test])
}
