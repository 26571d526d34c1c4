/** Projects of users that have the packed package installed. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack } from './packed'

interface Projects {
  /** A copy of the folder, with all that it depends on. */
  readonly project: string
  /** An empty project, which has the package alone. */
  readonly bare: string
}

/** Makes projects of the folder `name` for all tests of a file. */
export function useProjects(name: string): Projects {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), `package-${name}-`)))
  const project = join(temporary, 'project')
  const bare = join(temporary, 'bare')

  beforeAll(async () => {
    const tarball = await pack(temporary)
    cpSync(join(__dirname, name), project, { recursive: true })
    mkdirSync(bare)
    writeFileSync(join(bare, 'package.json'), '{}')
    await install(project, tarball)
    await install(bare, tarball)
  })
  afterAll(() => {
    rmSync(temporary, { recursive: true, force: true })
  })
  return { project, bare }
}
