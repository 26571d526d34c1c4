/** The page uses the words of the project's list, in its markup, its messages and its comments. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { publicDirectory } from '../../demo/paths'
import { WORDS } from '../support/word-list'

/** Texts, and attributes that people read or hear. */
function proseOfMarkup(markup: string): string[] {
  const attributes = Array.from(
    markup.matchAll(/(?:aria-label|placeholder|alt|content)="([^"]*)"/g),
    ([, text = '']) => text,
  )
  return [...attributes, ...markup.split(/<[^>]*>/)]
}

/** Comments, and what stands in quotation marks. */
function proseOfScript(script: string): string[] {
  const found = script.match(/\/\*[^]*?\*\/|\/\/.*/g) ?? []
  const prose: string[] = [...found]
  function visit(node: ts.Node): void {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      prose.push(node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('page.js', script, ts.ScriptTarget.Latest, true))
  return prose
}

function findWords(texts: readonly string[]): string[] {
  return texts.flatMap(text =>
    WORDS.filter(({ found }) => found.test(text.replaceAll(/screen readers?/g, ''))).map(
      ({ say }) => `${text.trim()} (say: ${say})`,
    ),
  )
}

it.each(readdirSync(publicDirectory).filter(name => /\.(?:html|js)$/.test(name)))(
  '%s uses the words of the list',
  name => {
    const text = readFileSync(join(publicDirectory, name), 'utf8')
    expect(findWords(name.endsWith('.html') ? proseOfMarkup(text) : proseOfScript(text))).toEqual([])
  },
)

it('finds a word in a text, a comment, a message and a label', () => {
  expect(findWords(proseOfMarkup('<p>You are told</p><i aria-label="dead"></i>'))).toHaveLength(2)
  expect(findWords(proseOfScript('// told\nsay(`told ${told}: dead`)'))).toHaveLength(3)
})
