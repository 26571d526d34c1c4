/** A request as a client sends it, byte for byte. */
import { Buffer } from 'node:buffer'

export interface SentRequest {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly (readonly [string, string])[]
  readonly framing: 'none' | 'length' | 'chunked'
  readonly body: string
}

export function serialize({ method, target, version, fields, framing, body }: SentRequest): Buffer {
  const lines = [`${method} ${target} HTTP/${version}`, 'Host: localhost']
  for (const [name, value] of fields) lines.push(`${name}: ${value}`)
  if (framing === 'length') lines.push(`Content-Length: ${body.length}`)
  if (framing === 'chunked') lines.push('Transfer-Encoding: chunked')
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`
  const content = { none: '', length: body, chunked: `${chunk}0\r\n\r\n` }[framing]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`, 'latin1')
}

/** `request` with characters removed at places between 0 and 1 of its length, and others inserted. */
export function damage(request: SentRequest, cuts: readonly (readonly [number, number, string])[]): string {
  let damaged = serialize(request).toString('latin1')
  for (const [place, removed, added] of cuts) {
    const at = Math.floor(place * damaged.length)
    damaged = damaged.slice(0, at) + added + damaged.slice(at + removed)
  }
  return damaged
}
