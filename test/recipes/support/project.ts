/**
 * All recipes as one workspace with the packed package, which the whole suite installs once. Jest loads this file by itself
 * too, so it imports nothing of the package.
 */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install, pack } from '../../package/packed'
import { RECIPES } from './recipe-list'

const FOLDERS = join(__dirname, '..')

/** Where the workers of Jest find the workspace. */
const VARIABLE = 'RECIPES_WORKSPACE'

/** The folder of a recipe, as its user has it. */
export function folderOf(recipe: string): string {
  return join(workspacePath(), recipe)
}

function workspacePath(): string {
  const path = process.env[VARIABLE]
  if (path === undefined || path === '') throw new Error(`There is no workspace: ${VARIABLE} is not set`)
  return path
}

/** Called by Jest before the first test. */
export default async function makeWorkspace(): Promise<void> {
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'recipes-')))
  process.env[VARIABLE] = workspace
  try {
    await fill(workspace)
  } catch (error) {
    // Jest calls nothing after a failure here.
    removeWorkspace()
    throw error
  }
}

async function fill(workspace: string): Promise<void> {
  const packed = join(workspace, 'packed')
  mkdirSync(packed)
  const tarball = await pack(packed)
  for (const name of RECIPES) cpSync(join(FOLDERS, name), join(workspace, name), { recursive: true })
  writeFileSync(join(workspace, 'package.json'), JSON.stringify({ private: true, workspaces: RECIPES }))
  await install(workspace, tarball)
}

/** Called by Jest after the last test. */
export function removeWorkspace(): void {
  rmSync(workspacePath(), { recursive: true, force: true })
}
