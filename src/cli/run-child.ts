/** Runs a program of the user on one text, with limits of time and output: it may hang, flood or exit early. */
import { spawn } from 'node:child_process'

export interface ChildLimits {
  readonly seconds: number
  /** Bytes of the standard output. */
  readonly maxBytes: number
}

export type ChildEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'flooded' }
  /** By the code of the system, such as `ENOENT`. */
  | { readonly kind: 'not-started'; readonly code: string }

export interface ChildRun {
  readonly end: ChildEnd
  readonly stdout: string
  /** Its last bytes. */
  readonly stderr: string
}

const MAX_STDERR = 2048

/** Runs `program` without a shell, with `input` as its whole standard input. */
export function runChild(
  program: string,
  args: readonly string[],
  input: string,
  { seconds, maxBytes }: ChildLimits,
): Promise<ChildRun> {
  return new Promise(resolve => {
    const child = spawn(program, args, { stdio: 'pipe', windowsHide: true })
    const output: Buffer[] = []
    let length = 0
    let errors = Buffer.alloc(0)

    function settle(end: ChildEnd): void {
      clearTimeout(timer)
      child.kill('SIGKILL')
      // What the program has started may keep the pipes open.
      child.stdout.destroy()
      child.stderr.destroy()
      child.stdin.destroy()
      resolve({ end, stdout: Buffer.concat(output).toString(), stderr: errors.toString() })
    }

    const timer = setTimeout(() => {
      settle({ kind: 'timeout' })
    }, seconds * 1000)
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle({ kind: 'not-started', code: error.code ?? 'unknown error' })
    })
    child.on('close', (code, signal) => {
      settle(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal })
    })
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > maxBytes) settle({ kind: 'flooded' })
      else output.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errors = Buffer.concat([errors, chunk]).subarray(-MAX_STDERR)
    })
    // The program may exit before it has read everything.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
