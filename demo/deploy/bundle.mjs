/**
 * Makes `demo/dist/bundle`: the server as one file, the command line, and what the page loads, to be copied to where
 * there is Node and nothing else. It takes the package from `dist`, so `npm run bundle` builds that first.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const project = join(dirname(fileURLToPath(import.meta.url)), '../..')
const bundle = join(project, 'demo/dist/bundle')

/** What demo/paths.ts looks for below `vendor`. */
const WAVESURFER = 'node_modules/wavesurfer.js/dist/wavesurfer.esm.js'

await rm(bundle, { recursive: true, force: true })
await mkdir(join(bundle, 'vendor'), { recursive: true })

const { name, version, license } = await readPackage('.')
const { metafile } = await build({
  absWorkingDir: project,
  // Node takes a directory that has an index.js: `node bin/express-signed-stream explain …`.
  entryPoints: { server: 'demo/server.ts', [`bin/${name}/index`]: 'dist/cli/main.js' },
  outdir: bundle,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // The paths of ours lead to src; what is deployed is what is published.
  tsconfigRaw: {},
  // Not minified: a stack trace at night should name functions.
  legalComments: 'external',
  metafile: true,
  logLevel: 'warning',
})

await cp(join(project, 'demo/public'), join(bundle, 'public'), { recursive: true })
await cp(join(project, 'dist/client'), join(bundle, 'vendor/client'), {
  recursive: true,
  filter: path => !path.endsWith('.d.ts'),
})
await cp(join(project, WAVESURFER), join(bundle, 'vendor/wavesurfer.esm.js'))
await cp(join(project, 'LICENSE'), join(bundle, 'LICENSE'))
await writeFile(join(bundle, 'package.json'), JSON.stringify({ name, version, license, private: true }))
await writeFile(join(bundle, 'THIRD-PARTY.txt'), await notices([...Object.keys(metafile.inputs), WAVESURFER]))

/** The licence of each package that a file comes from, as most of them ask for. */
async function notices(files) {
  const packages = new Set(files.map(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]))
  packages.delete(undefined)
  return (await Promise.all([...packages].sort().map(notice))).join(`\n${'-'.repeat(80)}\n\n`)
}

async function readPackage(directory) {
  return JSON.parse(await readFile(join(project, directory, 'package.json'), 'utf8'))
}

async function notice(directory) {
  const { name, version, license } = await readPackage(directory)
  const file = (await readdir(join(project, directory))).find(entry => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : await readFile(join(project, directory, file), 'utf8')
  return `${name} ${version}, ${license}\n\n${text.trim()}\n`
}
