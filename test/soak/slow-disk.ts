/** A disk that is slow for processes of a certain environment; see slow-disk.c. Needs gcc. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * @param workspace a directory for the program
 * @param milliseconds of each operation on files below `directory`
 * @returns the environment of a process that finds them slow
 */
export function makeSlowDisk(workspace: string, directory: string, milliseconds: number): NodeJS.ProcessEnv {
  const library = join(workspace, 'slow-disk.so')
  execFileSync('gcc', ['-O2', '-shared', '-fPIC', '-o', library, join(__dirname, 'slow-disk.c'), '-ldl'])
  return { SLOW_DIRECTORY: directory, SLOW_MILLISECONDS: String(milliseconds), LD_PRELOAD: library }
}
