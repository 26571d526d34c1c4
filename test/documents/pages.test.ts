/** The pages of the documents lead to pages, headings and files that exist, and the index has all of them. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { pageNames, readPage, ROOT } from '../support/printed'

const recipes = readdirSync(join(ROOT, 'docs/recipes'))
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/recipes/${name}`)
const pages = [...pageNames(), 'SECURITY.md', 'CONTRIBUTING.md', ...recipes]

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '')
}

/** As GitHub names headings. */
function anchorsOf(page: string): string[] {
  return Array.from(withoutCode(readPage(page)).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function isReachable(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(ROOT, file))) return false
  return anchor === undefined || anchorsOf(file).includes(anchor)
}

it.each(pages)('%s leads to pages, headings and files that exist', page => {
  const text = withoutCode(readPage(page)).replaceAll(/`[^`\n]*`/g, '')
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
  const own = targets.filter(target => !/^https?:/.test(target))
  expect(own.filter(target => !isReachable(page, target))).toEqual([])
})

it('the index leads to every page and every recipe', () => {
  const index = readPage('docs/README.md')
  const targets = Array.from(index.matchAll(/\]\(([^)#\s]+)/g), ([, target = '']) =>
    normalize(join('docs', target)),
  )
  const all = [...pageNames(), ...recipes].filter(name => name !== 'docs/README.md')
  expect(all.filter(name => !targets.includes(name))).toEqual([])
})
