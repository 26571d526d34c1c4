/** What a server has cost, by the kernel's own account. */
import { readdirSync, readFileSync } from 'node:fs'

/** A process and those it has started; nginx works in the latter. */
export function withChildren(pid: number): number[] {
  const others = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return [pid, ...others.filter(other => parentOf(other) === pid)]
}

/** Nanoseconds on a processor, of all threads. */
export function cpuTime(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((total, thread) => {
    const [time = ''] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    return total + Number(time)
  }, 0)
}

/** Bytes of memory that are in use now. */
export function residentMemory(pid: number): number {
  const [, pages = ''] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return Number(pages) * 4096
}

function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1])
  } catch {
    // It has ended since it was listed.
    return undefined
  }
}
