/** `.ci/release`, in a repository of a small package. What it would run is replaced by programs that write their names down. */
import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './packed'

const TODAY = new Date().toISOString().slice(0, 10)

const READY = {
  version: '2.3.4',
  repository: 'https://code.example/project' as string | undefined,
  lockVersion: undefined as string | undefined,
  changelog: `# Changelog\n\n## [Unreleased]\n\n## [2.3.4] - ${TODAY}\n\n- A change.\n\n## [2.3.3] - 2020-01-01\n\n- Old.\n`,
}

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'release-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: join(directory, 'project'), encoding: 'utf8', stdio: 'pipe' })
}

function write(name: string, content: string): void {
  writeFileSync(join(directory, 'project', name), content)
}

function writeProgram(path: string, body: string): void {
  writeFileSync(path, `#!/usr/bin/env bash\n${body}\n`)
  chmodSync(path, 0o755)
}

/** A repository that is as `READY` and `changes` say, with all committed. */
function prepare(changes: Partial<typeof READY> = {}): void {
  const { version, repository, lockVersion, changelog } = { ...READY, ...changes }
  mkdirSync(join(directory, 'project/.ci'), { recursive: true })
  mkdirSync(join(directory, 'bin'))
  cpSync(join(ROOT, '.ci/release'), join(directory, 'project/.ci/release'))
  write('package.json', JSON.stringify({ name: 'small', version, repository }))
  write('package-lock.json', JSON.stringify({ name: 'small', version: lockVersion ?? version }))
  write('CHANGELOG.md', changelog)
  writeProgram(join(directory, 'project/.ci/run'), `echo suites >>"${directory}/done"`)
  writeProgram(
    join(directory, 'bin/npm'),
    `echo npm "$@" >>"${directory}/done"; [[ ! -e "${directory}/fails" ]]`,
  )
  git('init', '--quiet')
  git('config', 'user.name', 'Test')
  git('config', 'user.email', 'test@example.org')
  git('add', '.')
  git('commit', '--quiet', '--message', 'All')
}

interface Result {
  readonly code: number
  readonly output: string
  /** What it ran, in order. */
  readonly done: readonly string[]
  readonly tags: string
}

async function release(args: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<Result> {
  const { HOME } = process.env
  const PATH = `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}`
  const program = join(directory, 'project/.ci/release')
  const [code, output] = await new Promise<[number, string]>(resolve => {
    const child = execFile(
      program,
      args,
      { env: { PATH, HOME, ...environment } },
      (_error, stdout, stderr) => {
        resolve([child.exitCode ?? -1, stdout + stderr])
      },
    )
  })
  const log = join(directory, 'done')
  const done = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  return { code, output, done, tags: git('tag', '--list').trim() }
}

const IN_A_JOB = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://code.example/token' }

describe('.ci/release', () => {
  it('runs all suites, tags the commit, and publishes with provenance', async () => {
    prepare()
    expect(await release([], IN_A_JOB)).toMatchObject({
      code: 0,
      output: expect.stringContaining('git push origin v2.3.4') as string,
      done: ['suites', 'npm publish --provenance --access public --tag latest'],
      tags: 'v2.3.4',
    })
  })

  it('publishes a release candidate as next', async () => {
    const version = '1.0.0-rc.1'
    prepare({ version, changelog: READY.changelog.replace('2.3.4', version) })
    expect((await release([], IN_A_JOB)).done).toContain(
      'npm publish --provenance --access public --tag next',
    )
  })

  it('removes the tag if publishing fails', async () => {
    prepare()
    writeFileSync(join(directory, 'fails'), '')
    expect(await release([], IN_A_JOB)).toMatchObject({ code: 1, tags: '' })
  })

  it('publishes nothing if a suite changes a file', async () => {
    prepare()
    writeProgram(join(directory, 'project/.ci/run'), 'echo more >>CHANGELOG.md')
    git('commit', '--quiet', '--all', '--message', 'Suite')
    expect(await release([], IN_A_JOB)).toMatchObject({ code: 1, done: [], tags: '' })
  })

  it('checks and shows, but runs, tags and publishes nothing with --dry-run', async () => {
    prepare()
    expect(await release(['--dry-run'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('small@2.3.4 would be published as latest') as string,
      done: ['npm pack --dry-run'],
      tags: '',
    })
  })

  it.each<[string, Partial<typeof READY>]>([
    ['package.json has no version that can be published: 2.3', { version: '2.3' }],
    ['package-lock.json has another version', { lockVersion: '2.3.3' }],
    ['package.json has no repository', { repository: undefined }],
    ['CHANGELOG.md has no entry for 2.3.4', { changelog: '## [Unreleased]\n\n## [2.3x4] - 2020-01-01\n' }],
    ['the entry of CHANGELOG.md for 2.3.4 has no date', { changelog: '## [2.3.4]\n' }],
    ['the entry of CHANGELOG.md for 2.3.4 has no date', { changelog: '## [2.3.4] - 2026-13-45\n' }],
    ['the entry of CHANGELOG.md for 2.3.4 is of the future', { changelog: '## [2.3.4] - 9999-01-01\n' }],
    [
      'CHANGELOG.md has changes under Unreleased',
      { changelog: READY.changelog.replace('[Unreleased]\n', '[Unreleased]\n\n- Another.\n') },
    ],
  ])('is not ready if %s', async (problem, changes) => {
    prepare(changes)
    const result = await release([], IN_A_JOB)
    expect(result).toMatchObject({ code: 1, done: [], tags: '' })
    expect(result.output).toContain(`Not ready: ${problem}`)
  })

  it('is not ready if something is not committed', async () => {
    prepare()
    write('new.txt', '')
    expect(await release([], IN_A_JOB)).toMatchObject({ code: 1, done: [] })
  })

  it('is not ready if the version is tagged', async () => {
    prepare()
    git('tag', 'v2.3.4')
    const result = await release([], IN_A_JOB)
    expect(result).toMatchObject({ code: 1, done: [], output: 'Not ready: the tag v2.3.4 exists\n' })
  })

  it('is not ready outside of a job that can prove where the package was built', async () => {
    prepare()
    expect(await release()).toMatchObject({
      code: 1,
      done: [],
      output: expect.stringContaining('it has no id token') as string,
    })
  })

  it('reports all that is wrong at once', async () => {
    prepare({ repository: undefined, lockVersion: '1.0.0' })
    write('new.txt', '')
    expect((await release()).output.match(/^Not ready: /gm)).toHaveLength(4)
  })
})
