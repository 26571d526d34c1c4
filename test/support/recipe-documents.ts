/** Compares the documents of recipes with the files that tests run. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

const ROOT = join(__dirname, '../..')
/** What makes a project of a recipe, and is no part of it. */
const OF_PROJECT = ['package.json', 'tsconfig.json']

/** All files of a recipe. */
export function filesOf(recipe: string): string[] {
  const names = readdirSync(join(ROOT, 'test/recipes', recipe), { recursive: true, encoding: 'utf8' })
  return names.filter(name => extname(name) !== '' && !OF_PROJECT.includes(name))
}

/** Those of the files that the document does not include as they are. */
export function filesMissing(recipe: string, document: string, files = filesOf(recipe)): string[] {
  const text = readDocument(document)
  const folder = join(ROOT, 'test/recipes', recipe)
  return files.filter(name => {
    return !text.includes(`\n${readFileSync(join(folder, name), 'utf8')}\`\`\``)
  })
}

function readDocument(name: string): string {
  return readFileSync(join(ROOT, 'docs/recipes', `${name}.md`), 'utf8')
}
