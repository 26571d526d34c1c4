/** The package as it is published, built once: to compile on each start would take seconds. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const ROOT = join(__dirname, '../..')

const compilerOptions: ts.CompilerOptions = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2023,
  esModuleInterop: true,
}

export interface Build {
  /** What `bin` of package.json names. */
  readonly program: string
  readonly remove: () => void
}

export function build(): Build {
  const directory = mkdtempSync(join(tmpdir(), 'command-line-'))
  cpSync(join(ROOT, 'package.json'), join(directory, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction')
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  for (const source of sources.filter(name => name.endsWith('.ts'))) {
    const target = join(directory, 'dist', source.replace(/ts$/, 'js'))
    mkdirSync(dirname(target), { recursive: true })
    const code = readFileSync(join(ROOT, 'src', source), 'utf8')
    writeFileSync(target, ts.transpileModule(code, { compilerOptions }).outputText)
  }
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
