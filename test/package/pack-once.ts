/** Packs the package once for all files of a run: each build takes longer than most of the tests. */
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTarball } from './packed'

export default async function packOnce(): Promise<void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'packed-')))
  process.env['PACKED_DIRECTORY'] = directory
  await makeTarball(directory)
}
