/** What a signer may have taken for the secret, where that is not what was given here. */
import type { NamedSecret } from '../secrets'
import type { Choice } from './finding'

export interface Key {
  /** Where the secret came from. */
  readonly name: string
  readonly bytes: Buffer
}

export function secretChoices({ name, bytes }: NamedSecret): readonly Choice<Key>[] {
  // One character for each byte, so that nothing is lost on the way back.
  const text = bytes.toString('latin1')
  const choices: Choice<Key>[] = [{ value: { name, bytes } }]

  function add(problem: string, ...variants: readonly (string | Buffer | undefined)[]): void {
    for (const variant of variants) {
      const value = typeof variant === 'string' ? Buffer.from(variant, 'latin1') : variant
      if (value === undefined || value.length === 0 || value.equals(bytes)) continue
      choices.push({
        value: { name, bytes: value },
        finding: { kind: 'secret-differs', text: `The signer has another secret than ${name}: ${problem}` },
      })
    }
  }

  add(
    'its own ends with a line break, as `echo secret > file` leaves one (printf %s does not)',
    `${text}\n`,
    `${text}\r\n`,
    `${text}\r`,
  )
  add('its own ends with a space', `${text} `)
  add('this one begins or ends with white space or a line break', text.trim())
  add('its own is in quotes, as where a file of variables is read literally', `"${text}"`, `'${text}'`)
  add('this one is in quotes', /^(["'])(.*)\1$/s.exec(text.trim())?.[2])
  add(
    'this one is a whole line of a file of variables',
    /^(?:export )?\w+=["']?(.*?)["']?$/s.exec(text.trim())?.[1],
  )
  add('this one begins with a byte order mark', /^\xef\xbb\xbf(.*)$/s.exec(text)?.[1])
  add('its own begins with a byte order mark', `\xef\xbb\xbf${text}`)
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) {
    add('it decodes the hexadecimal digits, which are to be taken as they are', Buffer.from(text, 'hex'))
    add('upper and lower case differ', text.toLowerCase(), text.toUpperCase())
  }
  if (/^[a-z0-9+/_-]+=*$/i.test(text)) {
    add('it decodes the base64, which is to be taken as it is', Buffer.from(text, 'base64'))
  }
  add('its own is this one as hexadecimal digits', bytes.toString('hex'), bytes.toString('hex').toUpperCase())
  add('its own is this one in base64', bytes.toString('base64'), bytes.toString('base64url'))
  add('this one is no UTF-8, and its own was read as that', Buffer.from(bytes.toString()))
  return choices
}
