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
  const temporary = useTemporary(name)
  const project = join(temporary, 'project')
  const bare = join(temporary, 'bare')

  beforeAll(async () => {
    const tarball = await pack(temporary)
    await fill(project, tarball, name)
    await fill(bare, tarball)
  })
  return { project, bare }
}

/**
 * Makes one project for all tests of a file. The directory that it lies in is removed after them.
 *
 * @param folder of which it is a copy; undefined for an empty project
 * @returns its path
 */
export function useProject(name: string, folder?: string): string {
  const temporary = useTemporary(name)
  const project = join(temporary, 'project')

  beforeAll(async () => {
    await fill(project, await pack(temporary), folder)
  })
  return project
}

function useTemporary(name: string): string {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), `package-${name}-`)))
  afterAll(() => {
    rmSync(temporary, { recursive: true, force: true })
  })
  return temporary
}

async function fill(project: string, tarball: string, folder?: string): Promise<void> {
  if (folder === undefined) {
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{}')
  } else {
    cpSync(join(__dirname, folder), project, { recursive: true })
  }
  await install(project, tarball)
}
