/** What a target permits, by the parser of the URL standard: a second opinion. */
import { createHmac } from 'node:crypto'
import { SECRET } from '../support/tracks'

export interface Grant {
  /** Whether the target opens a track, is expired, has no valid signature, or has no valid id. */
  readonly kind: 'open' | 'expired' | 'forged' | 'nonsense'
  readonly id: string
  /** In lower case; undefined if the target has none. */
  readonly extension: string | undefined
}

export function grantOf(target: string): Grant {
  const [, path = '', query = ''] = /\/stream\/+([^?#]*)(?:\?([^#]*))?/i.exec(target) ?? []
  const [, id = '', written] = /^(.*?)(?:\.([a-zA-Z0-9]{1,16}))?$/s.exec(percentDecoded(path)) ?? []
  const extension = written?.toLowerCase()
  if (!/^[\p{Alphabetic}\p{M}\p{N}_-]{1,512}$/u.test(id)) return { kind: 'nonsense', id, extension }
  // A form reads + as a space; a link does not.
  const parameters = [...new URL(`http://localhost/?${query.replaceAll('+', '%2B')}`).searchParams]
  const reserved = parameters.filter(([name]) => isReserved(name)).sort()
  const [expires = '', sig = ''] = reserved.map(([, value]) => value)
  const names = reserved.map(([name]) => name).join()
  const isForged =
    names !== 'expires,sig' || !/^(?:0|[1-9]\d{0,15})$/.test(expires) || sig !== sign(`${id}|${expires}`)
  if (isForged || query.split('&').length > 1000) return { kind: 'forged', id, extension }
  return { kind: Number(expires) < Date.now() / 1000 ? 'expired' : 'open', id, extension }
}

export function isReserved(name: string): boolean {
  return /^(?:expires|sig)(?:\[|$)/.test(name)
}

/** `text` itself if it does not decode. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function sign(text: string, key = SECRET): string {
  return createHmac('sha256', key).update(text).digest('hex')
}
