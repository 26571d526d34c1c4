/** Reads replies of scripts. One of another shape is an error: it comes from something else than these scripts. */
import { describe } from '../../../option-rules'

/** @param words that the script may return */
export function readWord<const Word extends string>(reply: unknown, words: readonly Word[]): Word {
  const word = words.find(each => each === reply)
  if (word === undefined) throw unexpected(reply)
  return word
}

export function readTexts(reply: unknown): readonly string[] {
  if (!Array.isArray(reply)) throw unexpected(reply)
  return reply.map((text: unknown) => {
    if (typeof text !== 'string') throw unexpected(reply)
    return text
  })
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unexpected(text)
  }
}

/** Without what a text says, which may name a listener. */
export function unexpected(reply: unknown): Error {
  return new Error(`Unexpected reply of Redis: ${typeof reply === 'string' ? 'a text' : describe(reply)}`)
}
