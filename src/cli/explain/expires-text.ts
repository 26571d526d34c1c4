/** Reads an expiry that may not be written as whole seconds since the epoch, the only form that a server accepts. */
import { MAX_SECONDS } from '../../clock'
import { EXPIRES_PATTERN } from '../../signing/query'
import type { Choice, Finding } from './finding'
import { describeTrailing } from './sig-text'

export interface LooseExpires {
  /** The texts that may have been signed: the likeliest first, then those that a known mistake produces. */
  readonly choices: readonly Choice<string>[]
  readonly findings: readonly Finding[]
}

const NOT_SECONDS: Finding = {
  kind: 'expires-not-seconds',
  text: 'Write expires as whole seconds since the epoch: digits only, without sign, fraction or leading zeros',
}

const IS_MILLISECONDS: Finding = {
  kind: 'expires-milliseconds',
  text: 'expires is in milliseconds, but seconds were signed: write the seconds into the link',
}

const SIGNED_MILLISECONDS: Finding = {
  kind: 'expires-milliseconds',
  text: 'expires is in seconds, but milliseconds were signed: sign the seconds',
}

const SIGNED_AS_WRITTEN: Finding = {
  kind: 'signed-text',
  text: 'expires was signed as it is written in the link',
}

export function readExpires(text: string): LooseExpires {
  const seconds = parseSeconds(text)
  if (seconds === undefined)
    return { choices: [{ value: text, finding: SIGNED_AS_WRITTEN }], findings: [NOT_SECONDS] }

  const choices: Choice<string>[] = [{ value: seconds.text }]
  if (seconds.text !== text) choices.push({ value: text, finding: SIGNED_AS_WRITTEN })
  const number = Number(seconds.text)
  if (number > MAX_SECONDS) {
    for (const round of [Math.floor, Math.ceil]) {
      choices.push({ value: String(round(number / 1000)), finding: IS_MILLISECONDS })
    }
  } else {
    choices.push({ value: `${number}000`, finding: SIGNED_MILLISECONDS })
    for (let rest = 1; rest < 1000; rest++) {
      // Counts as two mistakes, because a thousand choices for each other mistake would be too many to try.
      choices.push({ value: String(number * 1000 + rest), finding: SIGNED_MILLISECONDS, mistakes: 2 })
    }
  }
  return { choices, findings: seconds.findings }
}

/** An expiry, and what may follow it in a text: a full stop, or anything after a mark that is not part of a number. */
const SECONDS = new RegExp(`^(${EXPIRES_PATTERN})([^\\w.+-].*|\\.)?$`, 'su')

interface Seconds {
  /** In the form that a server accepts. */
  readonly text: string
  readonly findings: readonly Finding[]
}

function parseSeconds(text: string): Seconds | undefined {
  const [, digits, rest] = SECONDS.exec(text) ?? []
  if (digits !== undefined) {
    return { text: digits, findings: rest === undefined ? [] : [describeTrailing(rest)] }
  }

  const bare = text.replace(/^[+\s]+/, '').replace(/^0+(?=\d)/, '')
  const number = /^\d{1,16}(?:\.\d+)?(?:e\+?\d{1,2})?$/i.test(bare)
    ? Math.floor(Number(bare))
    : Date.parse(text) / 1000
  return Number.isSafeInteger(number) && number >= 0
    ? { text: String(number), findings: [NOT_SECONDS] }
    : undefined
}
