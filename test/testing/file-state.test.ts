/** The state in a file keeps every law of revocations, each node with a reader of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileState } from 'express-signed-stream'
import { linkStateContract } from 'express-signed-stream/testing'

describe('The state in a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'file-state-'))
  const file = join(directory, 'revocations')
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })

  const tests = linkStateContract({
    make: () => fileState({ file }),
    forget: () => {
      rmSync(file)
      fileState({ file })
    },
    only: 'revocations',
  })
  for (const { name, run } of tests) test(name, run)
})
