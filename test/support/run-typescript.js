/** Lets a child process run our TypeScript as it is: `node -r run-typescript.js file.ts`. */
const { readFileSync } = require('node:fs')
const ts = require('typescript')

const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true }

require.extensions['.ts'] = (module, file) => {
  module._compile(
    ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions: options }).outputText,
    file,
  )
}
