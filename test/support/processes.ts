/** Processes as the kernel lists them below `/proc`. */
import { readdirSync, readFileSync } from 'node:fs'

/** The process and all that descend from it: nginx and clusters work in children. */
export function processTree(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const other of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    const parent = parentOf(other)
    if (parent !== undefined) parents.set(other, parent)
  }
  const tree = [pid]
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child)
  }
  return tree
}

/** Bytes of memory that one process uses now. */
export function residentMemory(pid: number): number {
  const [, pages = ''] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return Number(pages) * 4096
}

function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1])
  } catch {
    // It ended after it was listed.
    return undefined
  }
}
