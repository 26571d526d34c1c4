/** Starts a recipe of the workspace, as its document says, with tracks beside it. */
import { tmpdir } from 'node:os'
import { runRecipe, type RunningRecipe } from '../../support/running-recipe'
import { folderOf } from './project'
import { writeTracks } from './recipe-tracks'

export type { RunningRecipe }

export interface Start {
  /** The folder in `test/recipes`. */
  readonly recipe: string
  /** What Node runs in it, with its options. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export function startRecipe({ recipe, args, env = {} }: Start): Promise<RunningRecipe> {
  writeTracks(recipe)
  return runRecipe({
    name: recipe,
    folder: folderOf(recipe),
    command: [process.execPath, ...args],
    env: { HOME: tmpdir(), NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', ...env },
  })
}
