/** Code of the app may throw what has no text: not even the warning of it may cost more than that. */
import { warnOfSubscriber } from '../../src/events'
import { guardLogger } from '../../src/logger'
import { warnOfCompletion } from '../../src/pipeline/on-completion'
import { warnOfMessages } from '../../src/pipeline/refusal-text'

const revocable = Proxy.revocable({}, {})
revocable.revoke()
/** Throws, whatever is done with it. */
const WITHOUT_TEXT: unknown = revocable.proxy

function logByLogger(): void {
  function fail(): never {
    throw WITHOUT_TEXT
  }
  guardLogger({ debug: fail, info: fail, warn: fail, error: fail }).info({}, 'A line')
}

it.each<[string, () => void, string]>([
  [
    'a subscriber',
    () => {
      warnOfSubscriber(WITHOUT_TEXT)
    },
    'A subscriber of a diagnostics channel failed: a value of type object',
  ],
  [
    'onCompletion',
    () => {
      warnOfCompletion(WITHOUT_TEXT)
    },
    'onCompletion failed: a value of type object',
  ],
  [
    'messages',
    () => {
      warnOfMessages(WITHOUT_TEXT)
    },
    'messages failed: a value of type object',
  ],
  ['a logger', logByLogger, 'The logger failed: a value of type object'],
])('is a warning if %s throws it', (_what, run, text) => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  expect(run).not.toThrow()
  expect(warn.mock.calls.map(([given]) => given)).toEqual([text])
  warn.mockRestore()
})

it('is a warning if the app takes a method of its logger away', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const lines: string[] = []
  const logger = { ...console, info: (_fields: object, line: string) => lines.push(line) }
  const guarded = guardLogger(logger)
  Reflect.deleteProperty(logger, 'warn')
  expect(() => {
    guarded.warn({}, 'A line')
  }).not.toThrow()
  guarded.info({}, 'Another line')
  expect(lines).toEqual(['Another line'])
  expect(warn).toHaveBeenCalledTimes(1)
  warn.mockRestore()
})
