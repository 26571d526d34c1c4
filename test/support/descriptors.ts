import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** How many descriptors this process holds, on Linux and macOS. */
export function countDescriptors(): number {
  return readdirSync('/dev/fd').length
}

/** How many of them lead to files of `directory`. All of the process if the system does not give their paths. */
export function countOpenFiles(directory: string): number {
  if (process.platform !== 'linux') return countDescriptors()
  return readdirSync('/proc/self/fd').filter(descriptor =>
    targetOf(descriptor).startsWith(join(directory, '/')),
  ).length
}

function targetOf(descriptor: string): string {
  try {
    return readlinkSync(join('/proc/self/fd', descriptor))
  } catch {
    // The descriptor by which the list was read is closed by now.
    return ''
  }
}
