/** The secrets that a signer may have used, if they differ from the one given here. */
import type { NamedSecret } from '../secrets'
import type { Choice } from './finding'

export interface Key {
  /** Where the secret came from. */
  readonly name: string
  readonly bytes: Buffer
}

export function listSecretChoices({ name, bytes }: NamedSecret): readonly Choice<Key>[] {
  // Latin-1 has one character for each byte, so that any bytes can be converted back.
  const text = bytes.toString('latin1')
  const choices: Choice<Key>[] = [{ value: { name, bytes } }]

  function add(problem: string, ...variants: readonly (string | Buffer | undefined)[]): void {
    for (const variant of variants) {
      const value = typeof variant === 'string' ? Buffer.from(variant, 'latin1') : variant
      if (value === undefined || value.length === 0 || value.equals(bytes)) continue
      choices.push({
        value: { name, bytes: value },
        finding: { kind: 'secret-differs', text: `The signer's secret differs from ${name}: ${problem}` },
      })
    }
  }

  add(
    'it ends with a line break, which `echo secret > file` adds (printf %s does not)',
    `${text}\n`,
    `${text}\r\n`,
    `${text}\r`,
  )
  add('it ends with a space', `${text} `)
  add('remove white space and line breaks around the secret given here', text.trim())
  add('it includes quotes, perhaps from a file of variables', `"${text}"`, `'${text}'`)
  add('remove the quotes around the secret given here', /^(["'])(.*)\1$/s.exec(text.trim())?.[2])
  add(
    'the secret given here is a whole line of a file of variables',
    /^(?:export )?\w+=["']?(.*?)["']?$/s.exec(text.trim())?.[1],
  )
  add('the secret given here begins with a byte order mark', /^\xef\xbb\xbf(.*)$/s.exec(text)?.[1])
  add('it begins with a byte order mark', `\xef\xbb\xbf${text}`)
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) {
    add('the signer decodes the hexadecimal digits (use them as text)', Buffer.from(text, 'hex'))
    add('upper and lower case differ', text.toLowerCase(), text.toUpperCase())
  }
  if (/^[a-z0-9+/_-]+=*$/i.test(text)) {
    add('the signer decodes the base64 (use it as text)', Buffer.from(text, 'base64'))
  }
  add(
    'it is the secret given here in hexadecimal digits',
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  )
  add('it is the secret given here in base64', bytes.toString('base64'), bytes.toString('base64url'))
  add('the secret given here is not UTF-8, but the signer reads it as UTF-8', Buffer.from(bytes.toString()))
  return choices
}
