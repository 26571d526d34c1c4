/**
 * The documents and the doc comments use the words of the project's list. A small test, and no linter of prose: textlint
 * would add 175 packages to what every contributor installs, and does not find comments of TypeScript.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pageNames, readPage, recipeNames, ROOT } from '../support/printed'
import { EXCEPTIONS, WORDS } from '../support/word-list'

const forms = readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE')).map(name => `.github/ISSUE_TEMPLATE/${name}`)
const pages = [...pageNames(), ...recipeNames(), 'SECURITY.md', 'CONTRIBUTING.md', ...forms]

/** Without code blocks, indented lines of code, code in a line, and addresses of links. */
function proseOf(text: string): string {
  return text
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/^ {4}\S.*$/gm, '')
    .replaceAll(/`[^`]*`/g, '`…`')
    .replaceAll(/\]\([^)]*\)/g, ']')
}

/** The TypeScript below a folder of the project, without what a build wrote. */
function sourcesIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter(name => name.endsWith('.ts') && !name.startsWith('dist'))
    .map(name => join(folder, name))
}

/** The doc comments of a source without their examples, and its comments of lines. */
function commentsOf(source: string): string[] {
  const blocks = source.match(/\/\*\*.*?\*\//gs) ?? []
  const lines = source.match(/(?:(?<=^|\s)\/\/ .*\n[^\S\n]*)+/gm) ?? []
  return [
    ...blocks.map(block =>
      block
        .replaceAll(/^ *(?:\/\*)?\*+(?:\/$| ?)/gm, '')
        .replace(/ *\*\/$/, '')
        .replace(/@example.*/s, '')
        .replaceAll(/@param \w+/g, '')
        .trim(),
    ),
    ...lines.map(line => line.replaceAll(/^\s*\/\/ /gm, '').trim()),
  ]
}

/** What the list finds in `text`, as the words around it. */
function findWords(text: string): string[] {
  const prose = EXCEPTIONS.reduce((rest, exception) => rest.replaceAll(exception.text, ''), text)
  return WORDS.flatMap(({ found, say }) =>
    Array.from(prose.matchAll(new RegExp(found, `g${found.flags}`)), ({ index, 0: word }) => {
      const around = prose.slice(Math.max(0, index - 30), index + word.length + 30).replaceAll(/\s+/g, ' ')
      return `${around} (say: ${say})`
    }),
  )
}

it.each(pages)('%s uses the words of the list', page => {
  expect(findWords(proseOf(readPage(page)))).toEqual([])
})

it('every exception stands in a document', () => {
  const all = pages.map(page => proseOf(readPage(page))).join('\n')
  expect(EXCEPTIONS.filter(({ text }) => !all.includes(text))).toEqual([])
})

it('finds a word of the list, but not in code', () => {
  expect(findWords(proseOf('The server is told, and `told` and\n\n    told\n'))).toEqual([
    'The server is told, and `…` and  (say: emits, reports, notifies, logs)',
  ])
})

it('comments use the words of the list', () => {
  const found = ['src', 'demo'].flatMap(sourcesIn).flatMap(name => {
    const comments = commentsOf(readFileSync(join(ROOT, name), 'utf8'))
    return comments.flatMap(comment => findWords(proseOf(comment))).map(line => `${name}: ${line}`)
  })
  expect(found).toEqual([])
})

it('finds the prose of comments', () => {
  const source =
    '/**\n * Doc.\n *\n * @example\n * told()\n */\ncode() // Beside it.\n\n  // Of two\n  // lines.\n'
  expect(commentsOf(source)).toEqual(['Doc.', 'Beside it.', 'Of two\nlines.'])
})
