/** What README and docs/ print: their text, their code blocks, their tables. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(__dirname, '../..')

export interface Block {
  readonly page: string
  /** From 1, on its page. */
  readonly number: number
  /** `ts`, `sh` and so on; empty if the block names none. */
  readonly language: string
  readonly code: string
}

/** @param name such as `README.md` or `docs/links.md` */
export function readPage(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8')
}

/** README, and the pages of docs/ itself. */
export function pageNames(): string[] {
  const pages = readdirSync(join(ROOT, 'docs')).filter(name => name.endsWith('.md'))
  return ['README.md', ...pages.map(name => `docs/${name}`)]
}

/** The pages of docs/recipes/. */
export function recipeNames(): string[] {
  const pages = readdirSync(join(ROOT, 'docs/recipes')).filter(name => name.endsWith('.md'))
  return pages.map(name => `docs/recipes/${name}`)
}

/** All code blocks of a page, or those of one language. */
export function blocksOf(page: string, language?: string): Block[] {
  const found = Array.from(readPage(page).matchAll(/^```([a-z]*)\n(.*?)^```$/gms))
  const blocks = found.map(([, own = '', code = ''], index) => ({
    page,
    number: index + 1,
    language: own,
    code,
  }))
  return blocks.filter(block => language === undefined || block.language === language)
}

/** The first block of a page that contains `text`. */
export function blockWith(page: string, text: string): string {
  const block = blocksOf(page).find(({ code }) => code.includes(text))
  if (block === undefined) throw new Error(`${page} has no block with ${text}`)
  return block.code
}

/** The rows of the tables of a page, as their cells, with headings. */
export function rowsOf(text: string): string[][] {
  return Array.from(text.matchAll(/^\| (.+) \|$/gm), ([, cells = '']) => cells.split(/ ?(?<!\\)\| ?/))
}

/** The text below a heading, up to the next heading of the same or a higher level. */
export function sectionOf(page: string, heading: string): string {
  const text = `${readPage(page)}\n# `
  const start = text.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`${page} has no heading ${heading}`)
  const [, signs = ''] = /^(#+) /.exec(heading) ?? []
  const rest = text.slice(start + heading.length + 2)
  return rest.slice(0, rest.search(new RegExp(`^#{1,${signs.length}} `, 'm')))
}
