/** The vectors of `vectors/`, which a second implementation made. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const VECTORS = join(__dirname, '../../vectors')

export interface VectorFile {
  readonly numberOfTests: number
  readonly notes: Readonly<Record<string, unknown>>
}

export interface SignTest {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly input: {
    readonly secret: string
    readonly baseUrl: string
    readonly id: string
    readonly expires: number
    readonly terms: readonly (readonly [string, string])[]
  }
  readonly signedText: string
  readonly sig: string
  readonly url: string
}

export interface VerifyTest {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly request: { readonly target: string; readonly at: number; readonly address: string | null }
  readonly result: 'valid' | 'refused'
  readonly code?: string
}

export interface VerifyGroup {
  readonly comment: string
  readonly required: boolean
  readonly secrets: readonly {
    readonly keyId?: string
    readonly secret?: string
    readonly secretHex?: string
  }[]
  readonly options: {
    readonly clockTolerance?: number
    readonly maxTtl?: number
    readonly sets?: Readonly<Record<string, readonly string[]>>
  }
  readonly tests: readonly VerifyTest[]
}

export function readVector(name: string): unknown {
  return JSON.parse(readFileSync(join(VECTORS, name), 'utf8'))
}

export const signVectors = readVector('sign.json') as VectorFile & { readonly tests: readonly SignTest[] }
export const verifyVectors = readVector('verify.json') as VectorFile & {
  readonly testGroups: readonly VerifyGroup[]
}
