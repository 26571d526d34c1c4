/** The documents of recipes for applications include the files that tests run, and lead to what exists. */
import { filesMissing, linksBroken } from './support/recipe-documents'

/** Folders of test/recipes, and their documents. */
const RECIPES = [
  ['database-ids', 'database-ids'],
  ['podcast-feed', 'podcast-feed'],
  ['album-folders', 'album-folders'],
  ['s3', 's3'],
  ['several-nodes', 'several-nodes'],
] as const

describe.each(RECIPES)('The recipe %s', (recipe, document) => {
  it('is in its document, as it is tested', () => {
    expect(filesMissing(recipe, document)).toEqual([])
  })

  it('has a document that leads to files and headings that exist', () => {
    expect(linksBroken(document)).toEqual([])
  })
})
