/** Compares the documents of recipes with the files that tests run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'

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

/** The links of a document to files, or to headings of documents, that do not exist. */
export function linksBroken(document: string): string[] {
  const path = join(ROOT, 'docs/recipes', `${document}.md`)
  const targets = Array.from(readDocument(document).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
  return targets.filter(target => {
    if (target.startsWith('https://')) return false
    const [name = '', anchor] = target.split('#')
    const file = name === '' ? path : join(dirname(path), name)
    if (!existsSync(file)) return true
    return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor)
  })
}

function readDocument(name: string): string {
  return readFileSync(join(ROOT, 'docs/recipes', `${name}.md`), 'utf8')
}

function anchorsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  )
}
