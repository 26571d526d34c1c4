/**
 * Writes the API reference from the doc comments: node write.mjs [directory], docs/api without one. TypeDoc is installed
 * for it in a directory of its own.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const out = resolve(process.argv[2] ?? join(here, '../../../docs/api'))
const tools = mkdtempSync(join(tmpdir(), 'api-'))

try {
  cpSync(join(here, 'package.json'), join(tools, 'package.json'))
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent']
  execFileSync('npm', ['install', ...quietly], { cwd: tools, stdio: 'inherit' })
  const typedoc = join(tools, 'node_modules/typedoc/bin/typedoc')
  const args = ['--options', join(here, 'typedoc.json'), '--out', out, '--logLevel', 'Warn']
  execFileSync(process.execPath, [typedoc, ...args, '--treatWarningsAsErrors'], {
    cwd: tools,
    stdio: 'inherit',
  })
} finally {
  rmSync(tools, { recursive: true, force: true })
}
