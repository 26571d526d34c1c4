/** The option `messages`: the texts of refusals, the same for all requests or chosen for each. */
import type { IncomingMessage } from 'node:http'
import { isThenable } from '../callbacks'
import { DEFAULT_LANGUAGE, STREAM_ERROR_CODES, type StreamError } from '../errors'
import type { StreamMessages } from '../messages'
import { describe, isRecord, type OptionRule } from '../option-rules'
import { textOfFault, warnOnce } from '../warn-once'
import type { StreamRequest } from './stream-request'

interface MessageChooser {
  messages(req: StreamRequest): StreamMessages
}

/** With Express, `req` is its own request, and may be declared as that. */
export type MessagesOfRequest = MessageChooser['messages']

/** Texts for all requests, or a function that gives those of one. */
export type RefusalMessages = StreamMessages | MessagesOfRequest

const CODES: ReadonlySet<string> = new Set(STREAM_ERROR_CODES)

/** A language tag by its form (RFC 5646, section 2.1), as a header field can hold it. */
const LANGUAGE = /^[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,8}$/i

const EXPECTED = `texts by code, the codes being ${STREAM_ERROR_CODES.join(', ')}, and perhaps their language`

export const messagesRule: OptionRule<RefusalMessages> = {
  accepts: (value): value is RefusalMessages => typeof value === 'function' || isMessages(value),
  expected: `${EXPECTED}; or a function (req) => texts`,
  explain: value => (isRecord(value) ? wrongMessages(value)[0] : undefined),
}

function wrongMessages(messages: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(messages)
    .filter(([name, text]) => !isMessage(name, text))
    .map(([name, text]) => {
      const isKnown = name === 'language' || CODES.has(name)
      return isKnown ? `${describe(text)} for ${name}` : `the unknown code ${describe(name)}`
    })
}

function isMessages(value: unknown): value is StreamMessages {
  return isRecord(value) && Object.entries(value).every(([name, text]) => isMessage(name, text))
}

function isMessage(name: string, text: unknown): boolean {
  if (name === 'language') return text === undefined || (typeof text === 'string' && LANGUAGE.test(text))
  return CODES.has(name) && typeof text === 'string'
}

export interface RefusalText {
  readonly text: string
  /** Undefined if the app did not say which. */
  readonly language: string | undefined
}

/** Gives the text of a refusal. Never throws. */
export interface RefusalTexts {
  readonly of: (req: IncomingMessage, error: StreamError) => RefusalText
  /** Whether the text depends on the request. */
  readonly isChosen: boolean
}

/** @param onFault called if the function of the app fails; the response has the default text then */
export function createRefusalTexts(
  messages: RefusalMessages,
  onFault: (error: unknown, req: IncomingMessage) => void,
): RefusalTexts {
  if (typeof messages !== 'function') {
    return { of: (_req, error) => textOf(messages, error), isChosen: false }
  }
  const choose = messages
  return {
    of(req, error) {
      try {
        return textOf(readMessages(choose(req)), error)
      } catch (fault) {
        onFault(fault, req)
        return textOf({}, error)
      }
    },
    isChosen: true,
  }
}

function textOf(messages: StreamMessages, error: StreamError): RefusalText {
  const text = messages[error.code]
  if (text === undefined) return { text: error.message, language: DEFAULT_LANGUAGE }
  return { text, language: messages.language }
}

/** @throws TypeError if `value` is not what `messages` may return */
function readMessages(value: unknown): StreamMessages {
  if (isThenable(value)) {
    value.then(undefined, () => undefined)
    throw new TypeError('messages must return texts by code, got a promise')
  }
  if (isMessages(value)) return value
  throw new TypeError(`messages must return ${EXPECTED}, got ${describe(value)}`)
}

const warn = warnOnce('EXPRESS_SIGNED_STREAM_MESSAGES')

/** Warns once of a function that failed, if there is no logger. */
export function warnOfMessages(error: unknown): void {
  warn(() => `messages failed: ${textOfFault(error)}`)
}
