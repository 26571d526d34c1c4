/** What a process costs, by the kernel's own account of all its threads. */
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds of processor time of one process so far. */
export function cpuTime(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((total, thread) => {
    const [time = ''] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    return total + Number(time)
  }, 0)
}
