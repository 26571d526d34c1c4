/**
 * The package, the demo and our servers as JavaScript, compiled as the package itself is, so that no server holds a
 * compiler, which is larger than all it needs. They lie as in a checkout after `npm run build`.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'

const ROOT = join(__dirname, '..', '..', '..')

/** Inside the project, so that its packages are found. */
const OUT = join(ROOT, 'node_modules', '.cache', 'bench')

const OPTIONS = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true }

const TREES = [
  ['src', 'dist'],
  ['demo', 'demo/dist'],
  ['test/bench/servers', 'test/bench/servers'],
] as const

let compiled = false

/** @returns the directory of what is compiled, once in a run */
export function compileProject(): string {
  if (compiled) return OUT
  rmSync(OUT, { recursive: true, force: true })
  for (const [from, to] of TREES) compileTree(join(ROOT, from), join(OUT, to))
  // By its name, the package is found from within.
  cpSync(join(ROOT, 'package.json'), join(OUT, 'package.json'))
  cpSync(join(ROOT, 'demo', 'public'), join(OUT, 'demo', 'public'), { recursive: true })
  compiled = true
  return OUT
}

function compileTree(from: string, to: string): void {
  const names = readdirSync(from, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter(each => each.endsWith('.ts') && !/^(?:dist|client)\//.test(each))) {
    const source = readFileSync(join(from, name), 'utf8')
    const target = join(to, name.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, transpileModule(source, { compilerOptions: OPTIONS }).outputText)
  }
}
