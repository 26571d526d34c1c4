/** `Content-Disposition` (RFC 6266): the name under which a client saves a track. It may come from what users typed. */
import contentDisposition from 'content-disposition'

/** Code points; file systems take 255 bytes or UTF-16 code units. */
const MAX_LENGTH = 255

/** What is looked at of a name that is longer still. */
const MAX_READ = 4096

/** Characters of an extension that is kept when a name is shortened. */
const MAX_EXTENSION = 10

/**
 * Separators of paths, controls (CR LF would begin another field), lone surrogates, line separators, and what turns the
 * direction of text, by which `gpj.mp3` can be shown as another type of file.
 */
const REMOVED = /[/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** In place of a name that has nothing that ASCII can show. */
const NO_FALLBACK = 'x'

/** The field for a file that is played in place, and saved as `fileName`; undefined if nothing is left of the name. */
export function formatContentDisposition(fileName: string): string | undefined {
  return formatNamed('inline', fileName)
}

/** The field for a file that is saved as `fileName`, in place of being played. */
export function formatDownload(fileName: string): string {
  return formatNamed('attachment', fileName) ?? 'attachment'
}

function formatNamed(type: 'inline' | 'attachment', fileName: string): string | undefined {
  const name = cleanFileName(fileName)
  if (name === undefined) return undefined
  const fallback = asciiOf(name)
  const field = contentDisposition(name, { type, fallback: fallback ?? NO_FALLBACK })
  return fallback === undefined ? field.replace(`filename="${NO_FALLBACK}"; `, '') : field
}

/** `fileName` as a client may save it; undefined if nothing is left of it. */
export function cleanFileName(fileName: string): string | undefined {
  const name = fileName.slice(0, MAX_READ).replace(REMOVED, '').trim()
  return name === '' || name === '.' || name === '..' ? undefined : cut(name)
}

/** Keeps the extension, by which a system knows what opens the file. */
function cut(name: string): string {
  const characters = Array.from(name)
  if (characters.length <= MAX_LENGTH) return name
  const dot = characters.lastIndexOf('.')
  const extension = dot > 0 && characters.length - dot <= MAX_EXTENSION ? characters.slice(dot) : []
  return [...characters.slice(0, MAX_LENGTH - extension.length), ...extension].join('')
}

/**
 * For clients that do not read `filename*`: accents are left out, and each run of other characters becomes `_`. Undefined
 * if no letter or digit is left in front of the extension: `.mp3` would be a hidden file. No quotation mark, as some
 * clients, curl among them, end the name at one that is escaped (RFC 6266, appendix D).
 */
function asciiOf(name: string): string | undefined {
  const ascii = name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]+/g, '_')
    .replaceAll('"', "'")
  const stem = ascii.includes('.') ? ascii.slice(0, ascii.lastIndexOf('.')) : ascii
  return /[a-z\d]/i.test(stem) ? ascii : undefined
}
