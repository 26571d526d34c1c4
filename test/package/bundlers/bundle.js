/** Bundles an entry by one of the bundlers, with all of its packages: node bundle.js <bundler> <entry> <directory>. */
import { join, resolve } from 'node:path'

const [bundler, entry, directory] = process.argv.slice(2)
const input = resolve(entry)
const outdir = resolve(directory)

const bundlers = {
  async rollup() {
    const { rollup } = await import('rollup')
    const { default: nodeResolve } = await import('@rollup/plugin-node-resolve')
    const { default: commonjs } = await import('@rollup/plugin-commonjs')
    const bundle = await rollup({
      input,
      plugins: [nodeResolve({ preferBuiltins: true }), commonjs()],
      external: /^node:/,
      onLog(level, log) {
        if (level === 'warn') throw new Error(log.message)
      },
    })
    await bundle.write({ file: join(outdir, 'out.mjs'), format: 'es' })
    await bundle.close()
  },

  async vite() {
    const { build } = await import('vite')
    await build({
      logLevel: 'error',
      ssr: { noExternal: true },
      build: { ssr: input, outDir: outdir, rollupOptions: { output: { entryFileNames: 'out.mjs' } } },
    })
  },

  async webpack() {
    const { default: webpack } = await import('webpack')
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry: input,
      output: { path: outdir, filename: 'out.mjs', module: true, chunkFormat: 'module' },
      experiments: { outputModule: true },
      optimization: { minimize: false },
    })
    const stats = await new Promise((done, failed) => {
      compiler.run((error, result) => (error ? failed(error) : done(result)))
    })
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString())
  },
}

await bundlers[bundler]()
