/** The pages of the documents lead to pages, headings and files that exist, and the index has all of them. */
import { join, normalize } from 'node:path'
import { brokenLinks } from '../support/page-links'
import { pageNames, readPage, recipeNames } from '../support/printed'

const pages = [...pageNames(), 'SECURITY.md', 'CONTRIBUTING.md', ...recipeNames()]

it.each(pages)('%s leads to pages, headings and files that exist', page => {
  expect(brokenLinks(page)).toEqual([])
})

it('the index leads to every page and every recipe', () => {
  const index = readPage('docs/README.md')
  const targets = Array.from(index.matchAll(/\]\(([^)#\s]+)/g), ([, target = '']) =>
    normalize(join('docs', target)),
  )
  const all = [...pageNames(), ...recipeNames()].filter(name => name !== 'docs/README.md')
  expect(all.filter(name => !targets.includes(name))).toEqual([])
})
