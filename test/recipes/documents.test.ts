/** The documents print the files that the tests run, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brokenLinks } from '../support/page-links'
import { RECIPES } from './support/recipe-list'

const DOCUMENTS = join(__dirname, '../../docs/recipes')

/** A line such as "[`koa/server.js`](../../test/recipes/koa/server.js):", and the block of code after it. */
const FILE = /\]\(\.\.\/\.\.\/test\/recipes\/([^)\s]+\.\w+)\)[^\n]*:\n\n```\w*\n(.*?)```\n/gs

/** Not printed: what a folder depends on, pages that only show that the app responds, and what a document advises against. */
const UNPRINTED: readonly RegExp[] = [
  /\/(?:package|tsconfig)\.json$/,
  /^next\/app\/(?:layout|page)\.js$/,
  /^nest-fastify\/consumer\.ts$/,
  /^nitro(?:-2)?\/routes\/index\.js$/,
  /^polka\/in-a-route\.js$/,
]

const documents = readdirSync(DOCUMENTS)
  .map(name => [name, readFileSync(join(DOCUMENTS, name), 'utf8')] as const)
  .filter(([, text]) => printed(text).length > 0)

function printed(text: string): (readonly [file: string, code: string])[] {
  return Array.from(text.matchAll(FILE), ([, file = '', code = '']) => [file, code] as const)
}

function recipeFiles(): string[] {
  return RECIPES.flatMap(name =>
    readdirSync(join(__dirname, name), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(__dirname, join(entry.parentPath, entry.name))),
  )
}

describe.each(documents)('docs/recipes/%s', (name, text) => {
  it('prints files as they are', () => {
    for (const [file, code] of printed(text)) {
      expect(code).toBe(readFileSync(join(__dirname, file), 'utf8'))
    }
  })

  it('leads to files that are there', () => {
    expect(brokenLinks(`docs/recipes/${name}`)).toEqual([])
  })
})

it('print every file of a recipe', () => {
  const files = documents.flatMap(([, text]) => printed(text).map(([file]) => file))
  const unprinted = recipeFiles().filter(
    file => !files.includes(file) && !UNPRINTED.some(pattern => pattern.test(file)),
  )
  expect(unprinted).toEqual([])
})
