/** Reads a signature that is not in its one spelling, 64 lower-case hexadecimal digits. */
import { shown, type Finding } from './finding'

export interface LooseSig {
  /** Lower-case hexadecimal digits; undefined where nothing of that kind can be seen. */
  readonly hex: string | undefined
  readonly findings: readonly Finding[]
}

const DIGITS = 64

/** How many digits other hashes give. */
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
    findings.push({ kind: 'sig-prefix', text: 'sig begins with the name of its kind: leave that out' })
  }
  const hex = /^[0-9a-f]{16,}(?![0-9a-z+/_-])/i.exec(bare)?.[0]
  if (hex !== undefined) return { hex: hex.toLowerCase(), findings: [...findings, ...judgeHex(hex, bare)] }

  const base64 = BASE64_OF_32_BYTES.exec(bare)?.[0]
  if (base64 !== undefined) {
    findings.push({ kind: 'sig-base64', text: 'sig is written in base64: write it as 64 hexadecimal digits' })
    if (base64.length < bare.length) findings.push(trailing(bare.slice(base64.length)))
    return { hex: Buffer.from(base64.replaceAll(' ', '+'), 'base64').toString('hex'), findings }
  }
  if (/^[0-9a-f]+$/i.test(bare)) return { hex: undefined, findings: [...findings, ...judgeHex(bare, bare)] }
  const problem = `sig must be ${DIGITS} hexadecimal digits, got ${text.length} characters, others among them`
  return { hex: undefined, findings: [...findings, { kind: 'sig-not-hex', text: problem }] }
}

function judgeHex(hex: string, bare: string): Finding[] {
  const findings: Finding[] = []
  if (hex !== hex.toLowerCase()) {
    findings.push({ kind: 'sig-case', text: 'sig is written in upper case: write it in lower case' })
  }
  if (hex.length !== DIGITS) {
    const hash = OTHER_HASHES.get(hex.length)
    const guess = hex.length < DIGITS ? 'it may be cut off' : 'it may have grown on its way'
    const reason = hash === undefined ? guess : `as ${hash} gives, or ${guess}`
    findings.push({ kind: 'sig-length', text: `sig has ${hex.length} digits, not ${DIGITS}: ${reason}` })
  }
  if (hex.length < bare.length) findings.push(trailing(bare.slice(hex.length)))
  return findings
}

export function trailing(rest: string): Finding {
  // One mark can be shown; more may hold anything.
  const what = rest === '"' ? `'"'` : rest.length === 1 ? shown(rest) : 'More text'
  return {
    kind: 'trailing-text',
    text: `${what} stands after the link, as where a chat program takes a full stop or a bracket along`,
  }
}
