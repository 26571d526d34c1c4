/** The signers of docs/links.md in each language, against the vectors. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../support/built-package'
import { signVectors } from '../support/vectors'

jest.setTimeout(120_000)

const RECIPE = join(__dirname, '../recipes/signers')
const built = build()
const made = mkdtempSync(join(tmpdir(), 'signers-'))
afterAll(() => {
  built.remove()
  rmSync(made, { recursive: true, force: true })
})

function file(name: string): string {
  return join(RECIPE, name)
}

function compile(program: string, ...args: readonly string[]): void {
  const env = {
    ...process.env,
    GOCACHE: join(made, 'go'),
    GOFLAGS: '-mod=mod',
    CARGO_HOME: join(made, 'cargo'),
  }
  execFileSync(program, args, { cwd: made, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The command that runs each signer, compiled first if need be. */
const signers: Readonly<Record<string, () => readonly string[]>> = {
  Python: () => ['python3', file('sign.py')],
  PHP: () => ['php', file('sign.php')],
  Ruby: () => ['ruby', file('sign.rb')],
  'a shell': () => ['bash', file('sign.sh')],
  Java: () => ['java', file('Sign.java')],
  Go() {
    compile('go', 'build', '-o', join(made, 'sign-go'), file('sign.go'))
    return [join(made, 'sign-go')]
  },
  'C#'() {
    compile('mcs', `-out:${join(made, 'Sign.exe')}`, file('Sign.cs'))
    return ['mono', join(made, 'Sign.exe')]
  },
  Rust() {
    writeCargoProject()
    compile('cargo', 'build', '--quiet', '--offline')
    return [join(made, 'target/debug/sign')]
  },
}

/** With the crates of Debian in place of a registry. */
function writeCargoProject(): void {
  mkdirSync(join(made, '.cargo'))
  writeFileSync(
    join(made, '.cargo/config.toml'),
    '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n',
  )
  writeFileSync(
    join(made, 'Cargo.toml'),
    '[package]\nname = "sign"\nversion = "0.0.0"\nedition = "2021"\n' +
      `[[bin]]\nname = "sign"\npath = ${JSON.stringify(file('sign.rs'))}\n` +
      '[dependencies]\nhmac = "0.12"\nsha2 = "0.10"\n',
  )
}

it.each(Object.entries(signers))('in %s make every link', (_language, prepare) => {
  const args = [built.program, 'conformance', '--', ...prepare()]
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(
    `Passed: all ${signVectors.numberOfTests} links are right\n`,
  )
})
