/** What the tests store. */
import { Buffer } from 'node:buffer'

export const KIB = 1024
export const MIB = 1024 * KIB

/** The longest content of each seed so far: to make it takes longer than to copy it. */
const made = new Map<number, Buffer>()

/** Bytes in which no stretch of four occurs twice at the same distance, so that a wrong offset shows. */
export function makeContent(length: number, seed = 0): Buffer {
  let content = made.get(seed)
  if (content === undefined || content.length < length) {
    content = compute(length, seed)
    made.set(seed, content)
  }
  return Buffer.from(content.subarray(0, length))
}

/** Jest looks up each global of a test slowly, and this one is called a million times. */
const { imul } = Math

function compute(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  const step = (2654435761 + 2 * seed) | 0
  for (let index = 0; index < words.length; index++) words[index] = imul(index + 1, step)
  return Buffer.from(words.buffer, 0, length)
}

/** Another version of `content` with the same length, in which the byte at `at` differs. */
export function changeByte(content: Uint8Array, at: number): Buffer {
  const changed = Buffer.from(content)
  changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at)
  return changed
}
