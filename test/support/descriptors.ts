import { readdirSync } from 'node:fs'

/** How many descriptors this process holds, on Linux and macOS. */
export function countDescriptors(): number {
  return readdirSync('/dev/fd').length
}
