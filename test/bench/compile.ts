/** The servers of Node as JavaScript, so that none of them holds a compiler, which is larger than all they need. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript'

const ROOT = join(__dirname, '..', '..')

/** Inside the project, so that its packages are found. */
const OUT = join(ROOT, 'node_modules', '.cache', 'bench')

const OPTIONS = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true }

/** @returns the path of `test/bench/serve.ts`, compiled as the package itself is */
export function compileServers(): string {
  rmSync(OUT, { recursive: true, force: true })
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join('src', name))
  for (const name of [...sources, 'test/bench/serve.ts', 'test/bench/servers.ts']) {
    const { outputText } = transpileModule(readFileSync(join(ROOT, name), 'utf8'), {
      compilerOptions: OPTIONS,
    })
    const target = join(OUT, name.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, outputText)
  }
  return join(OUT, 'test', 'bench', 'serve.js')
}
