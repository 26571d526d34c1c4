/** Every code block of README and docs/ compiles against the package, or has a reason and a test of its own. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import ts from 'typescript'
import { blocksOf, pageNames, ROOT, type Block } from '../support/printed'
import { PRINTED_NAMES } from '../support/printed-names'

const blocks = pageNames().flatMap(page => blocksOf(page))
/** Types of Node 20 do not have it: test/package/sqlite.test.ts runs these blocks, which test/testing compares. */
function needsSqlite({ code }: Block): boolean {
  return code.includes("from 'node:sqlite'")
}

const programs = blocks.filter(({ language }) => language === 'ts' || language === 'js')
const compiled = programs.filter(block => !needsSqlite(block))
const shell = blocks.filter(({ language }) => language === 'sh' || language === 'bash')

/** Blocks of other languages, and what runs them. */
const OTHERS: Readonly<Record<string, string>> = {
  'docs/cli.md console': 'test/cli/process.test.ts runs the session',
  'docs/client.md html': 'test/browser/client.test.ts imports the module so',
  'docs/http.md json': 'test/documents/tables.test.ts compares it',
  'docs/links.md csharp': 'test/links/documentation.test.ts compares it with vectors/signers',
  'docs/links.md go': 'the same',
  'docs/links.md java': 'the same',
  'docs/links.md json': 'test/links/documentation.test.ts compares it with the vectors',
  'docs/links.md php': 'as csharp',
  'docs/links.md python': 'the same',
  'docs/links.md ruby': 'the same',
  'docs/links.md rust': 'the same',
  'docs/migrating.md nginx': 'test/operations/migrating.test.ts runs it',
  'docs/operations.md nginx': 'test/operations/two-instances.test.ts runs such an upstream',
  'docs/sources.md json': 'a policy of AWS: parsed here',
  'docs/sources.md ': 'test/testing/documentation.test.ts compares the message',
}

/** A block that shows a property or a method in place of statements. */
function asModule({ code }: Block): string {
  return code.startsWith('resolve: ')
    ? `const options: { resolve: typeof resolve } = {\n${code}}\nvoid options`
    : code
}

function fileOf({ page, number, language }: Block): string {
  return join(ROOT, 'test/documents', `${page.replaceAll(/\W/g, '-')}-${number}.${language}`)
}

/** The messages of the compiler for each file, by the options of the project. */
function compile(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), name => ts.sys.readFile(name)) as {
    config: { compilerOptions: { paths: Record<string, string[]> } }
  }
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, ROOT)
  const host = ts.createCompilerHost({ ...options })
  const onDisk = ts.createCompilerHost({ ...options })
  host.fileExists = name => files.has(name) || onDisk.fileExists(name)
  host.readFile = name => files.get(name) ?? onDisk.readFile(name)
  host.getSourceFile = (name, version, ...more) => {
    const text = files.get(name)
    return text === undefined
      ? onDisk.getSourceFile(name, version, ...more)
      : ts.createSourceFile(name, text, version)
  }
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options: {
      ...options,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      allowJs: true,
      checkJs: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      noImplicitReturns: false,
      noPropertyAccessFromIndexSignature: false,
      isolatedModules: false,
      moduleDetection: ts.ModuleDetectionKind.Force,
      paths: {
        ...config.compilerOptions.paths,
        'express-signed-stream/client': ['./src/client/index.ts'],
      },
    },
    host,
  })
  const found = new Map<string, string[]>()
  for (const name of files.keys()) {
    const source = program.getSourceFile(name)
    const problems = ts.getPreEmitDiagnostics(program, source)
    found.set(
      name,
      problems
        .map(({ code, messageText }) => ({ code, text: ts.flattenDiagnosticMessageText(messageText, '\n') }))
        .filter(
          ({ code, text }) =>
            !name.endsWith('.js') || !(IMPLICIT_ANY.has(code) || /[ '](?:null|undefined)\b/.test(text)),
        )
        .map(({ text }) => text),
    )
  }
  return found
}

/** JavaScript declares no types, and checks for nothing that it does not expect. */
const IMPLICIT_ANY = new Set([7005, 7006, 7031, 7034])

describe('the TypeScript and JavaScript of the documents', () => {
  const names = join(ROOT, 'test/documents/printed-names.d.ts')
  const messages = compile(
    new Map([[names, PRINTED_NAMES], ...compiled.map(block => [fileOf(block), asModule(block)] as const)]),
  )

  it('uses names that there are', () => {
    expect(messages.get(names)).toEqual([])
  })

  it.each(compiled.map(block => [block.page, block.number, block] as const))(
    'compiles: %s, block %i',
    (_page, _number, block) => {
      expect(messages.get(fileOf(block)) ?? []).toEqual([])
    },
  )
})

it.each(shell.map(({ page, number, code }) => [page, number, code] as const))(
  'the shell of %s, block %i, has no mistake of syntax',
  (_page, _number, code) => {
    execFileSync('bash', ['-n'], { input: code, stdio: ['pipe', 'ignore', 'pipe'] })
  },
)

it('has a test for each block of another language', () => {
  const others = blocks.filter(block => !programs.includes(block) && !shell.includes(block))
  const kinds = new Set(others.map(({ page, language }) => `${page} ${language}`))
  expect([...kinds].sort()).toEqual(Object.keys(OTHERS).sort())
  const policies = others.filter(({ page, language }) => page === 'docs/sources.md' && language === 'json')
  for (const { code } of policies) expect(JSON.parse(code)).toHaveProperty('Statement')
})
