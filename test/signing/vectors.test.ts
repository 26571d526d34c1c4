/** What our signer and our verifier make of each vector: a second implementation made them. */
import { Buffer } from 'node:buffer'
import {
  computeSignature,
  createLinks,
  createSigner,
  createVerifier,
  type Secrets,
} from 'express-signed-stream'
import { Ajv2020 } from 'ajv/dist/2020'
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

const [withTerms, plain] = [true, false].map(hasTerms =>
  signVectors.tests.filter(({ input }) => input.terms.length > 0 === hasTerms),
) as [SignTest[], SignTest[]]

describe('createSigner', () => {
  it.each(named(plain))('signs %s', (_name, { input, sig, url }) => {
    const { secret, baseUrl, id, expires } = input
    expect(computeSignature(secret, id, expires)).toBe(sig)
    expect(createSigner({ secret, baseUrl, now: () => 0 }).signUrl(id, { expiresAt: expires })).toBe(url)
  })
})

describe('createLinks', () => {
  it.each(named(withTerms))('signs %s', (_name, { input, signedText, sig, url }) => {
    const { secret, baseUrl, id, expires, terms } = input
    const { iat = '0', kid, ...others } = Object.fromEntries(terms)
    const links = createLinks({
      secret: kid === undefined ? secret : { keyId: kid, secret },
      baseUrl,
      now: () => Number(iat),
    })
    const made = links.createLink(id, { expiresAt: expires, ...optionsOf(others, terms) })
    expect(made).toMatchObject({ url, sig, terms: signedText.split('|')[2] })
  })

  /** The options of `createLink` that give these terms. */
  function optionsOf(terms: Readonly<Record<string, string>>, pairs: SignTest['input']['terms']) {
    const network = [
      ...(terms['ip4'] === undefined ? [] : [networkOf(terms['ip4'])]),
      ...(terms['ip6'] === undefined ? [] : [networkOf6(terms['ip6'])]),
    ]
    const tracks = pairs.flatMap(([name, value]) => (name === 'id' ? [value] : []))
    return {
      linkId: terms['jti'],
      listener: terms['sub'],
      prefix: terms['pre'],
      set: terms['in'],
      notBefore: numberOf(terms['nbf']),
      playFor: numberOf(terms['ses']),
      uses: numberOf(terms['uses']),
      streams: numberOf(terms['streams']),
      downloadName: terms['as'] && Buffer.from(terms['as'], 'base64url').toString(),
      tracks: tracks.length > 0 ? tracks : undefined,
      network: network.length > 0 ? network : undefined,
    }
  }

  function numberOf(text: string | undefined): number | undefined {
    return text === undefined ? undefined : Number(text)
  }

  function networkOf(digits: string): string {
    const bytes = [...Buffer.from(digits.padEnd(8, '0'), 'hex')]
    return `${bytes.join('.')}/${digits.length * 4}`
  }

  function networkOf6(digits: string): string {
    return `${digits.replace(/(....)(?=.)/g, '$1:')}::/${digits.length * 4}`
  }
})

describe.each(verifyVectors.testGroups.map(group => [group.comment, group] as const))(
  'createLinks, verifying: %s',
  (_comment, group) => {
    const { sets, ...options } = group.options
    let now = 0
    const links = createLinks({
      ...options,
      secret: secretOf(group),
      now: () => now,
      ...(sets && { sets: (set, id) => Object.hasOwn(sets, set) && sets[set]?.includes(id) === true }),
    })

    it.each(named(group.tests))('%s', async (_name, { request, result, code }) => {
      now = request.at
      const verdict = await links.verify(request.target, { address: request.address ?? undefined })
      expect(verdict.valid ? 'valid' : verdict.code).toBe(result === 'valid' ? 'valid' : code)
    })
  },
)

it('is the same verdict that createVerifier gives, which gets neither sets nor addresses', () => {
  for (const group of verifyVectors.testGroups.filter(({ options }) => options.sets === undefined)) {
    const wrong = group.tests.filter(test => test.request.address === null && !isAsClaimed(group, test))
    expect(wrong.map(({ comment }) => comment)).toEqual([])
  }
})

function isAsClaimed(
  { options: { clockTolerance, maxTtl }, ...group }: Pick<VerifyGroup, 'options' | 'secrets'>,
  { request, code }: VerifyTest,
): boolean {
  const secret = secretOf(group)
  const verdict = createVerifier({ secret, clockTolerance, maxTtl, now: () => request.at }).verify(
    request.target,
  )
  return verdict.valid ? code === undefined : verdict.code === code
}

function secretOf({ secrets }: Pick<VerifyGroup, 'secrets'>): Secrets {
  return secrets.map(({ keyId, secret, secretHex = '' }) => {
    const bytes = secret ?? Buffer.from(secretHex, 'hex')
    return keyId === undefined ? bytes : { keyId, secret: bytes }
  })
}

function named<T extends { readonly comment: string }>(tests: readonly T[]): [string, T][] {
  return tests.map(test => [test.comment, test])
}
