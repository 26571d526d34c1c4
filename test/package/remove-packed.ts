/** Removes what `pack-once.ts` has made. */
import { rmSync } from 'node:fs'

export default function removePacked(): void {
  const directory = process.env['PACKED_DIRECTORY']
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
}
