/** The field by which a response names its request. */
import { validateHeaderName } from 'node:http'
import type { ResponseHeaders } from '../http/response-plan'
import type { ServedHeaders } from '../http/served-fields'
import type { OptionRule } from '../option-rules'
import type { StreamRequest } from './stream-request'

export const requestIdHeaderRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && isFieldName(value),
  expected: 'the name of a header field, such as "X-Request-Id"',
}

/** What a field can hold without another meaning (RFC 9110, section 5.5); the app may have it from a header of the client. */
const VISIBLE = /^[\x21-\x7e]{1,256}$/

/** @param name undefined if responses do not name their request */
export function requestIdField(name: string | undefined, req: StreamRequest): ResponseHeaders | undefined {
  if (name === undefined) return undefined
  const text = requestIdText(req)
  return text === undefined ? undefined : { [name]: text }
}

/** Sets the field among those of a response, or removes it if the request has no id. */
export function setRequestId(headers: ServedHeaders, name: string, req: StreamRequest): void {
  const text = requestIdText(req)
  if (text === undefined) Reflect.deleteProperty(headers, name)
  else headers[name] = text
}

function requestIdText({ id }: StreamRequest): string | undefined {
  if (typeof id !== 'string' && typeof id !== 'number') return undefined
  const text = String(id)
  return VISIBLE.test(text) ? text : undefined
}

function isFieldName(name: string): boolean {
  try {
    validateHeaderName(name)
    return true
  } catch {
    return false
  }
}
