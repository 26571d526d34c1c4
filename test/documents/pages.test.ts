/** The pages of the documents lead to pages, headings and files that exist, and the index has all of them. */
import { readdirSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { brokenLinks } from '../support/page-links'
import { pageNames, readPage, ROOT } from '../support/printed'

const recipes = readdirSync(join(ROOT, 'docs/recipes'))
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/recipes/${name}`)
const pages = [...pageNames(), 'SECURITY.md', 'CONTRIBUTING.md', ...recipes]

it.each(pages)('%s leads to pages, headings and files that exist', page => {
  expect(brokenLinks(page)).toEqual([])
})

it('the index leads to every page and every recipe', () => {
  const index = readPage('docs/README.md')
  const targets = Array.from(index.matchAll(/\]\(([^)#\s]+)/g), ([, target = '']) =>
    normalize(join('docs', target)),
  )
  const all = [...pageNames(), ...recipes].filter(name => name !== 'docs/README.md')
  expect(all.filter(name => !targets.includes(name))).toEqual([])
})
