/** Puts results between the markers of a document. */
import { readFileSync, writeFileSync } from 'node:fs'

/** @throws Error if the document lacks `<!-- section -->` and `<!-- /section -->` */
export function replaceSection(file: string, section: string, text: string): void {
  const begin = `<!-- ${section} -->`
  const end = `<!-- /${section} -->`
  const document = readFileSync(file, 'utf8')
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`Cannot write results: no section ${section}`)
  writeFileSync(file, `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`)
}
