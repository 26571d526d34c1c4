/** Files whose time of modification is worth an entity tag. */
import { statSync, writeFileSync } from 'node:fs'
import { isTimeOfWriting } from '../../src/source/disk/time-of-writing'

/** Writes a file until its time cannot be taken for one that a tool set, as one of a hundred times of the system can. */
export function writeAtOwnTime(file: string, content: Uint8Array): void {
  do writeFileSync(file, content)
  while (!isTimeOfWriting(statSync(file, { bigint: true })))
}
