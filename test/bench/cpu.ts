/** What a process has cost, by the kernel's own account. */
import { readdirSync, readFileSync } from 'node:fs'

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
