/**
 * Builds `dist/`, as it is published.
 *
 * Node loads CommonJS, for `require` and for `import`: two builds in one process would have two `StreamError`s and two
 * memories of open files. Bundlers take the ES modules of `dist/esm`, by the condition `module`, which Node does not
 * know: so a bundle may be an ES module, and has only the files that it needs.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = dirname(fileURLToPath(import.meta.url))
const src = join(root, 'src')
const esm = join(root, 'dist/esm')
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

/** What is no part of a server's bundle: the program, and what is built for browsers. */
const APART = ['cli', 'client']

rmSync(join(root, 'dist'), { recursive: true, force: true })
for (const project of [
  'src/tsconfig.build.json',
  'src/client/tsconfig.json',
  'src/client/tsconfig.cjs.json',
]) {
  execFileSync(process.execPath, [tsc, '--project', project], { cwd: root, stdio: 'inherit' })
}
buildEsm()
// A bundler looks for `sideEffects` here, and no further up.
for (const directory of ['dist/client', 'dist/esm']) {
  writeFileSync(join(root, directory, 'package.json'), '{ "type": "module", "sideEffects": false }\n')
}

function buildEsm() {
  const sources = readdirSync(src, { recursive: true }).filter(
    name => name.endsWith('.ts') && !APART.some(folder => name.startsWith(folder)),
  )
  buildSync({
    entryPoints: sources.map(name => join(src, name)),
    outbase: src,
    outdir: esm,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // It leaves the call as it is, for `asModule`.
    logOverride: { 'unsupported-require-call': 'silent' },
  })
  for (const source of sources) {
    const file = join(esm, source.replace(/\.ts$/, '.js'))
    writeFileSync(file, asModule(readFileSync(file, 'utf8'), dirname(join(src, source)), source))
  }
}

/** `code` with the whole names of files, and with an import for each file that CommonJS would load later. */
function asModule(code, directory, source) {
  const later = []
  const named = code.replaceAll(
    /(\bfrom |^import )"(\.\.?\/[^"]+)";$/gm,
    (_all, start, name) => `${start}"${wholeName(directory, name, source)}";`,
  )
  const loaded = named.replaceAll(/\brequire\("(\.\.?\/[^"]+)"\)/g, (_all, name) => {
    later.push(`import * as later${later.length} from "${wholeName(directory, name, source)}";\n`)
    return `later${later.length - 1}`
  })
  return later.join('') + loaded
}

function wholeName(directory, name, source) {
  const found = [`${name}.js`, `${name}/index.js`].find(candidate =>
    existsSync(join(directory, candidate.replace(/\.js$/, '.ts'))),
  )
  if (found === undefined) throw new Error(`src/${source} imports ${name}, which is no file`)
  return found
}
