/** The vectors for signers, as the package ships them. */

export interface SignInput {
  readonly secret: string
  readonly baseUrl: string
  readonly id: string
  /** Seconds since the epoch. */
  readonly expires: number
  /** Names and values, in any order. */
  readonly terms: readonly (readonly [string, string])[]
}

export interface SignVector {
  readonly tcId: number
  readonly comment: string
  readonly input: SignInput
  readonly signedText: string
  readonly sig: string
  readonly url: string
}

/** @param text of `vectors/sign.json`, which is ours: a test checks it by its schema */
export function readSignVectors(text: string): readonly SignVector[] {
  return (JSON.parse(text) as { readonly tests: readonly SignVector[] }).tests
}

/** The terms as a link has them: empty if there are none. */
export function termsOf({ terms }: SignInput): string {
  const sorted = [...terms].sort(([one], [other]) => Number(one > other) - Number(one < other))
  return joinPairs(sorted)
}

export function joinPairs(pairs: SignInput['terms'], between = '.', within = '.'): string {
  return pairs.map(([name, value]) => `${name}${within}${value}`).join(between)
}
