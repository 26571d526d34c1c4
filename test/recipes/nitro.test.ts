/** The recipes of `docs/recipes/nitro.md`, which Nitro builds. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../package/packed'
import { ask } from '../support/client'
import { describeHost } from './support/describe-host'
import { folderOf } from './support/project'
import { startRecipe } from './support/start-recipe'

// A build takes longer than other tests.
jest.setTimeout(120_000)

const BUILT = '.output/server/index.mjs'

async function build(recipe: string): Promise<void> {
  await run(folderOf(recipe), 'npm', 'run', '--silent', 'build')
}

describe.each(['nitro', 'nitro-2'])('%s', recipe => {
  beforeAll(() => build(recipe))

  describeHost({ recipe, args: [BUILT], isBehindProxy: false })
})

describe.each(['nitro', 'nitro-2'])('%s without the file of the recipe that names the package', recipe => {
  it('builds a server that responds and logs as docs/troubleshooting.md says', async () => {
    rmSync(join(folderOf(recipe), 'nitro.config.js'))
    await build(recipe)
    await using running = await startRecipe({ recipe, args: [BUILT] })
    expect((await ask(running.port, '/')).status).toBe(200)
    expect((await ask(running.port, '/play/track1')).status).toBe(500)
    expect(await running.kill()).toMatch(
      /Cannot find module '[^']*\.output\/server\/node_modules\/express-signed-stream\/dist\/index\.js'/,
    )
  })
})
