/** Where the links of a page lead. */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { readPage, ROOT } from './printed'

/** The links of `page` to files, or to headings of pages, that do not exist. */
export function brokenLinks(page: string): string[] {
  const text = withoutCode(readPage(page)).replaceAll(/`[^`\n]*`/g, '')
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target)
  return targets.filter(target => !/^https?:/.test(target) && !isReachable(page, target))
}

function isReachable(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(ROOT, file))) return false
  return anchor === undefined || anchorsOf(file).includes(anchor)
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

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '')
}
