/** The types of recipes whose packages only they need, as their users get them: from the tarball and the registry. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack, ROOT, run } from './packed'

jest.setTimeout(180_000)

const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'package-recipes-')))
let tarball: string

beforeAll(async () => {
  tarball = await pack(temporary)
})
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

it.each(['course-platform', 'database-ids', 'players'])(
  'The recipe %s has types that strict TypeScript accepts',
  async recipe => {
    const project = join(temporary, recipe)
    cpSync(join(ROOT, 'test/recipes', recipe), project, { recursive: true })
    await install(project, tarball)
    expect(await run(project, 'npm', 'run', '--silent', 'build')).toBe('')
  },
)
