/** Reads a signature that may not be written as 64 lower-case hexadecimal digits, the only form that a server accepts. */
import { quote, type Finding } from './finding'

export interface LooseSig {
  /** In lower-case hexadecimal digits; undefined if the text has no recognisable signature. */
  readonly hex: string | undefined
  readonly findings: readonly Finding[]
}

const DIGITS = 64

/** The hash functions with another length, by the number of hexadecimal digits. */
const OTHER_HASHES: ReadonlyMap<number, string> = new Map([
  [32, 'MD5'],
  [40, 'SHA-1'],
  [56, 'SHA-224'],
  [96, 'SHA-384'],
  [128, 'SHA-512'],
])

const PREFIX = /^(?:0x|(?:hmac[-_]?)?sha256[=:]|v1=)/i
const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/_ -]{43}=?(?![A-Za-z0-9+/_-])/

export function readSig(text: string): LooseSig {
  const findings: Finding[] = []
  const bare = text.replace(PREFIX, '')
  if (bare !== text) {
    findings.push({ kind: 'sig-prefix', text: 'Remove the prefix of sig, such as sha256= or 0x' })
  }
  const hex = /^[0-9a-f]{16,}(?![0-9a-z+/_-])/i.exec(bare)?.[0]
  if (hex !== undefined) return { hex: hex.toLowerCase(), findings: [...findings, ...checkHex(hex, bare)] }

  const base64 = BASE64_OF_32_BYTES.exec(bare)?.[0]
  if (base64 !== undefined) {
    findings.push({ kind: 'sig-base64', text: 'sig is written in base64: write it as 64 hexadecimal digits' })
    if (base64.length < bare.length) findings.push(describeTrailing(bare.slice(base64.length)))
    return { hex: Buffer.from(base64.replaceAll(' ', '+'), 'base64').toString('hex'), findings }
  }
  if (/^[0-9a-f]+$/i.test(bare)) return { hex: undefined, findings: [...findings, ...checkHex(bare, bare)] }
  const problem = `sig must be ${DIGITS} hexadecimal digits, got ${text.length} characters, not all of them hexadecimal digits`
  return { hex: undefined, findings: [...findings, { kind: 'sig-not-hex', text: problem }] }
}

function checkHex(hex: string, bare: string): Finding[] {
  const findings: Finding[] = []
  if (hex !== hex.toLowerCase()) {
    findings.push({ kind: 'sig-case', text: 'Write sig in lower case' })
  }
  if (hex.length !== DIGITS) {
    const hash = OTHER_HASHES.get(hex.length)
    const guess = hex.length < DIGITS ? 'it may be truncated' : 'digits may have been added'
    const reason = hash === undefined ? guess : `${hash} makes that many, or ${guess}`
    findings.push({
      kind: 'sig-length',
      text: `sig has ${hex.length} digits instead of ${DIGITS}: ${reason}`,
    })
  }
  if (hex.length < bare.length) findings.push(describeTrailing(bare.slice(hex.length)))
  return findings
}

export function describeTrailing(rest: string): Finding {
  // A longer text is not shown, because it may contain a signature.
  const what = rest === '"' ? `'"'` : rest.length === 1 ? quote(rest) : 'the text'
  return {
    kind: 'trailing-text',
    text: `Remove ${what} after the link; chat programs often include a full stop or a bracket`,
  }
}
