/**
 * Makes `demo/dist/bundle`: the server as one file, the command line, and the files of the page, for machines that have
 * only Node. It takes the package from `dist`, so `npm run bundle` builds that first.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const project = join(dirname(fileURLToPath(import.meta.url)), '../..')
const bundle = join(project, 'demo/dist/bundle')

/** demo/paths.ts expects it below `vendor`. */
const WAVESURFER = 'node_modules/wavesurfer.js/dist/wavesurfer.esm.js'

/** Files of their own, which Node reads only if SOURCE names a bucket, and if REDIS_URL is set. */
const CLIENTS = ['@aws-sdk/client-s3', 'redis']

const shared = {
  absWorkingDir: project,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Not minified, so that stack traces name functions.
  legalComments: 'external',
  metafile: true,
  logLevel: 'warning',
}

await rm(bundle, { recursive: true, force: true })
await mkdir(join(bundle, 'vendor'), { recursive: true })

const { name, version, license } = await readPackage('.')
const server = await build({
  ...shared,
  // Node runs the index.js of a directory: `node bin/express-signed-stream explain …`.
  entryPoints: { server: 'demo/server.ts', [`bin/${name}/index`]: 'dist/cli/main.js' },
  outdir: bundle,
  external: CLIENTS,
  // The paths in our tsconfig lead to src, but the bundle must contain what is published.
  tsconfigRaw: {},
})
const clients = await build({
  ...shared,
  entryPoints: Object.fromEntries(CLIENTS.map(name => [`${name}/index`, name])),
  outdir: join(bundle, 'node_modules'),
})

await cp(join(project, 'demo/public'), join(bundle, 'public'), { recursive: true })
await cp(join(project, 'dist/client'), join(bundle, 'vendor/client'), {
  recursive: true,
  filter: path => !path.endsWith('.d.ts'),
})
await cp(join(project, WAVESURFER), join(bundle, 'vendor/wavesurfer.esm.js'))
await cp(join(project, 'LICENSE'), join(bundle, 'LICENSE'))
await writeFile(join(bundle, 'package.json'), JSON.stringify({ name, version, license, private: true }))
await writeFile(
  join(bundle, 'THIRD-PARTY.txt'),
  await notices([...inputsOf(server), ...inputsOf(clients), WAVESURFER]),
)

function inputsOf({ metafile }) {
  return Object.keys(metafile.inputs)
}

/** The licences of all packages in the bundle, as most of them require. */
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
