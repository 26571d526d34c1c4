/** A storage that sleeps: builds and mounts `slow-fs.c` over a directory. Needs root, gcc, fuse3 and libfuse3-dev. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Threads of the file system: more than all servers together have. */
const THREADS = 1200

export interface SlowStorage extends AsyncDisposable {
  /** Where the files are, slowly. */
  readonly path: string
}

/** @returns the program's file, below `workspace` */
export function buildSlowFs(workspace: string): string {
  const program = join(workspace, 'slow-fs')
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' })
  const source = join(__dirname, 'slow-fs.c')
  execFileSync('gcc', ['-O2', '-o', program, source, ...flags.trim().split(/\s+/)])
  return program
}

/**
 * @param milliseconds of each operation
 * @param keptFor seconds for which the kernel keeps names and attributes
 */
export async function mountSlowly(
  program: string,
  directory: string,
  { milliseconds, keptFor }: { readonly milliseconds: number; readonly keptFor: number },
): Promise<SlowStorage> {
  const path = `${directory}-${milliseconds}ms`
  mkdirSync(path, { recursive: true })
  const parameters = [directory, String(milliseconds), String(keptFor), path, '-f']
  const child = spawn(program, [...parameters, '-o', `max_threads=${THREADS}`], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const device = statSync(directory).dev
  for (let turn = 0; statSync(path).dev === device; turn++) {
    if (turn === 100 || child.exitCode !== null)
      throw new Error('Cannot mount: are we root, is there /dev/fuse?')
    await sleep(50)
  }
  for (const name of readdirSync(path)) statSync(join(path, name))
  child.kill('SIGUSR1')
  return {
    path,
    async [Symbol.asyncDispose]() {
      execFileSync('fusermount3', ['-u', '-z', path])
      child.kill()
      await ended
    },
  }
}
