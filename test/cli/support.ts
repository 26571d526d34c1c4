/** Runs the command line in this process at a fixed time, and makes signatures without our code. */
import { Buffer } from 'node:buffer'
import { createHmac, type BinaryLike } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '../../src/cli/command'
import { runProgram, type ProgramResult } from '../../src/cli/program'
import { runChild } from '../../src/cli/run-child'
import { SECRET } from '../support/tracks'
import { VECTORS } from '../support/vectors'

/** 2026-11-22T12:00:00Z */
export const NOW = 1_795_348_800

export const OTHER_SECRET = 'ffffffffffffffffffffffffffffffff'

export interface Setup {
  readonly environment?: Readonly<Record<string, string>>
  /** By path; `-` is the standard input. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** Replaces parts of the process. */
  readonly host?: Partial<Host>
}

export function run(
  args: readonly string[],
  { environment = { SECRET_KEY: SECRET }, files = {}, host = {} }: Setup = {},
): Promise<ProgramResult> {
  return runProgram(
    args,
    {
      environment,
      now: () => NOW + 0.25,
      randomBytes: count => Buffer.alloc(count, 0xab),
      read: (path, limit) => {
        const content = files[path]
        return content === undefined
          ? Promise.reject(Object.assign(new Error(path), { code: 'ENOENT' }))
          : Promise.resolve({ bytes: Buffer.from(content).subarray(0, limit), mode: undefined })
      },
      readSignVectors: () => readFile(join(VECTORS, 'sign.json'), 'utf8'),
      runChild,
      connect: () => Promise.reject(new Error('No test connects')),
      ...host,
    },
    '1.2.3',
  )
}

export function macOf(text: string, secret: BinaryLike = SECRET, hash = 'sha256'): string {
  return createHmac(hash, secret).update(text).digest('hex')
}

/** A link as another signer makes it, correct or not. */
export function linkTo(
  id: string,
  expires: number | string = NOW + 3600,
  sig = macOf(`${id}|${expires}`),
): string {
  return `https://api.example.com/stream/${encodeURIComponent(id)}?expires=${expires}&sig=${sig}`
}
