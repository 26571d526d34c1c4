/** Reads an expiry that is not in its one spelling, whole seconds since the epoch. */
import type { Choice, Finding } from './finding'
import { trailing } from './sig-text'

export interface LooseExpires {
  /** What may have been signed: the text meant first, then what it is with certain mistakes. */
  readonly choices: readonly Choice<string>[]
  readonly findings: readonly Finding[]
}

/** Signers count milliseconds where the number is beyond this: the year 5138 in seconds, 1973 in milliseconds. */
export const FIRST_MILLISECONDS = 1e11

const NOT_SECONDS: Finding = {
  kind: 'expires-not-seconds',
  text: 'expires must be whole seconds since the epoch: digits only, no sign, no fraction, no zeros before',
}

const IS_MILLISECONDS: Finding = {
  kind: 'expires-milliseconds',
  text: 'expires is in milliseconds, but the signature fits the seconds: write the seconds into the link',
}

const SIGNED_MILLISECONDS: Finding = {
  kind: 'expires-milliseconds',
  text: 'expires is in seconds, but the signature was made over milliseconds: sign the seconds',
}

const SIGNED_AS_WRITTEN: Finding = {
  kind: 'signed-text',
  text: 'expires was signed as it is written in the link',
}

export function readExpires(text: string): LooseExpires {
  const seconds = secondsOf(text)
  if (seconds === undefined)
    return { choices: [{ value: text, finding: SIGNED_AS_WRITTEN }], findings: [NOT_SECONDS] }

  const choices: Choice<string>[] = [{ value: seconds.text }]
  if (seconds.text !== text) choices.push({ value: text, finding: SIGNED_AS_WRITTEN })
  const number = Number(seconds.text)
  if (number >= FIRST_MILLISECONDS) {
    for (const round of [Math.floor, Math.ceil]) {
      choices.push({ value: String(round(number / 1000)), finding: IS_MILLISECONDS })
    }
  } else {
    choices.push({ value: `${number}000`, finding: SIGNED_MILLISECONDS })
    for (let rest = 1; rest < 1000; rest++) {
      // A thousand for each other mistake would be too many to try.
      choices.push({ value: String(number * 1000 + rest), finding: SIGNED_MILLISECONDS, mistakes: 2 })
    }
  }
  return { choices, findings: seconds.findings }
}

interface Seconds {
  readonly text: string
  readonly findings: readonly Finding[]
}

function secondsOf(text: string): Seconds | undefined {
  if (/^(?:0|[1-9]\d{0,15})$/.test(text)) return { text, findings: [] }

  const [, digits, rest = ''] = /^([1-9]\d{0,15})([^\w.+-].*|\.)$/su.exec(text) ?? []
  if (digits !== undefined) return { text: digits, findings: [trailing(rest)] }

  const bare = text.replace(/^[+\s]+/, '').replace(/^0+(?=\d)/, '')
  const number = /^\d{1,16}(?:\.\d+)?(?:e\+?\d{1,2})?$/i.test(bare)
    ? Math.floor(Number(bare))
    : Date.parse(text) / 1000
  return Number.isSafeInteger(number) && number >= 0
    ? { text: String(number), findings: [NOT_SECONDS] }
    : undefined
}
