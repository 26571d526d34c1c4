/** The documents of recipes for applications include the files that tests run, and lead to what exists. */
import { brokenLinks } from './support/page-links'
import { filesMissing } from './support/recipe-documents'

/** Folders of test/recipes, their documents, and the files that these include: all, if none are named. */
const RECIPES = [
  ['database-ids', 'database-ids'],
  ['podcast-feed', 'podcast-feed'],
  ['course-platform', 'course-platform'],
  ['album-folders', 'album-folders'],
  ['call-recordings', 'call-recordings'],
  ['s3', 's3'],
  ['several-nodes', 'several-nodes'],
  ['players', 'react-and-plain-player'],
  // The others are in docs/links.md.
  ['signers', 'signers', ['sign.py', 'sign.php', 'sign.go', 'sign.rb']],
] satisfies [recipe: string, document: string, files?: string[]][]

describe.each(RECIPES)('The recipe %s', (recipe, document, files?: string[]) => {
  it('is in its document, as it is tested', () => {
    expect(filesMissing(recipe, document, files)).toEqual([])
  })

  it('has a document that leads to files and headings that exist', () => {
    expect(brokenLinks(`docs/recipes/${document}.md`)).toEqual([])
  })
})
