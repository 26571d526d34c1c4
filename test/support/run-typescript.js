/** Lets a process run our TypeScript as it is: `node -r run-typescript.js file.ts`. esbuild starts in a tenth of tsc's time. */
const { readFileSync } = require('node:fs')
const { transformSync } = require('esbuild')

const options = { loader: 'ts', format: 'cjs', target: 'es2022', sourcemap: 'inline' }

require.extensions['.ts'] = (module, file) => {
  module._compile(transformSync(readFileSync(file, 'utf8'), options).code, file)
}
