/** The option `cors`: which pages of other origins may read responses. */
import { callSafely } from '../callbacks'
import { rules, type OptionRule } from '../option-rules'
import { group, optionError, orFalse, withDefault } from '../options'

/** Which origins may read; see the `origin` option of the `cors` package. */
export type AllowedOrigin =
  | boolean
  | string
  | RegExp
  | (boolean | string | RegExp)[]
  | ((
      origin: string | undefined,
      callback: (error: Error | null, origin?: boolean | string | RegExp) => void,
    ) => void)

export interface CrossOriginOptions {
  /**
   * The origins whose pages may read responses. A function has 5 s to give its result once; if it fails, the response
   * is 503.
   * @defaultValue `'*'`
   */
  readonly origin?: AllowedOrigin | undefined
  /**
   * Whether pages may send cookies; needs an `origin` other than `'*'`.
   * @defaultValue false
   */
  readonly credentials?: boolean | undefined
  /**
   * Seconds for which a browser may remember the response to a preflight.
   * @defaultValue 600
   */
  readonly maxAge?: number | undefined
}

const FIELDS =
  'false, or an object of origin, credentials and maxAge; credentials need an origin other than "*"'

const originRule: OptionRule<AllowedOrigin> = {
  accepts: (value): value is AllowedOrigin => typeof value === 'function' || isOrigin(value),
  expected: 'what the "origin" option of cors takes: true, false, texts, patterns or a function',
}

const readFields = group(
  {
    origin: withDefault(originRule, '*'),
    credentials: withDefault(rules.boolean, false),
    maxAge: withDefault(rules.seconds, 600),
  },
  FIELDS,
)

export type CrossOriginSettings = ReturnType<typeof readFields>

/** Reads the option `cors`. */
export function readCrossOrigin(value: unknown, maker: string, name: string): CrossOriginSettings | false {
  const settings = orFalse(readFields)(value, maker, name)
  if (settings !== false && settings.credentials && settings.origin === '*') {
    throw optionError(TypeError, `make ${maker}`, name, `must be ${FIELDS}`)
  }
  return settings
}

/** Whether `value` is what an app may give in place of true or false: a text or pattern, or a list of them. */
function isOrigin(value: unknown): boolean {
  function isOne(one: unknown): boolean {
    return typeof one === 'string' || one instanceof RegExp
  }
  return (
    value === undefined ||
    typeof value === 'boolean' ||
    isOne(value) ||
    (Array.isArray(value) && value.every(isOne))
  )
}

/** Milliseconds that the app has to decide whether an origin may read. */
const ORIGIN_TIMEOUT = 5000

type AllowedResult = boolean | string | RegExp
type OriginFunction = Extract<AllowedOrigin, (...args: never[]) => unknown>

/** `origin`, guarded: it gives one result, in time, and never throws or rejects. */
export function guardOrigin(origin: OriginFunction): OriginFunction {
  return function guardedOrigin(value, callback) {
    let isSettled = false
    const timer = setTimeout(() => {
      settle(new Error('The origin function of cors gave no result'))
    }, ORIGIN_TIMEOUT).unref()
    function settle(error: unknown, allowed?: AllowedResult): void {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      const problem = error ?? (isOrigin(allowed) ? undefined : `it gave a value of type ${typeof allowed}`)
      if (problem === undefined) callback(null, allowed)
      else if (problem instanceof Error) callback(problem)
      else callback(new Error('The origin function of cors failed', { cause: problem }))
    }
    callSafely(origin.bind(undefined, value, settle), settle)
  }
}
