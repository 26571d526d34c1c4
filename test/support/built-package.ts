/** The package as it is published, but built in milliseconds: each file is transpiled, and no type is checked. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'

const ROOT = join(__dirname, '../..')

export interface Build {
  /** The file that `bin` of package.json names. */
  readonly program: string
  readonly remove: () => void
}

export function build(): Build {
  const directory = mkdtempSync(join(tmpdir(), 'command-line-'))
  cpSync(join(ROOT, 'package.json'), join(directory, 'package.json'))
  cpSync(join(ROOT, 'vectors'), join(directory, 'vectors'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction')
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  buildSync({
    entryPoints: sources.filter(name => name.endsWith('.ts')).map(name => join(ROOT, 'src', name)),
    outbase: join(ROOT, 'src'),
    outdir: join(directory, 'dist'),
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  })
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: Record<string, string>
  }
  return {
    program: join(directory, bin['express-signed-stream'] ?? ''),
    remove() {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
