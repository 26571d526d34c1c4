/**
 * Counts what a piece of synchronous code does, by the calls that it makes of the language's own functions: the same
 * number on every machine. A unit is about the work for one character.
 */

/** An object is made. */
const ALLOCATION = 4
/** With its stack, by measurement: as long as a thousand characters take. */
const EXCEPTION = 1000

export interface Work {
  readonly units: number
  readonly exceptions: number
}

type Method = (this: unknown, ...args: never[]) => unknown
type Cost = (self: string, args: readonly unknown[], result: unknown) => number

function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 1
}

function whole(self: string, _args: readonly unknown[], result: unknown): number {
  return lengthOf(self) + ALLOCATION * (Array.isArray(result) ? 1 + result.length : 1)
}

/** From the start of the search to the end of what it finds. */
function searched(self: string, [sought, start = 0]: readonly unknown[], result: unknown): number {
  const end = typeof result === 'number' && result !== -1 ? result + lengthOf(sought) : self.length
  return 1 + Math.max(0, end - Number(start))
}

/** The cost of each method of a text. */
const TEXT_COSTS: Readonly<Record<string, Cost>> = {
  charAt: () => 1,
  charCodeAt: () => 1,
  codePointAt: () => 1,
  indexOf: searched,
  includes: searched,
  lastIndexOf: (self, _args, result) => 1 + self.length - Math.max(0, Number(result)),
  startsWith: (_self, [sought]) => 1 + lengthOf(sought),
  endsWith: (_self, [sought]) => 1 + lengthOf(sought),
  slice: (_self, _args, result) => ALLOCATION + lengthOf(result),
  substring: (_self, _args, result) => ALLOCATION + lengthOf(result),
  split: whole,
  trim: whole,
  toLowerCase: whole,
  toUpperCase: whole,
  normalize: whole,
}

function listCost(self: readonly unknown[]): number {
  return ALLOCATION + self.length
}

/** Counts the work of `action` until it returns. */
export function measureWork(action: () => void): Work {
  let units = 0
  let exceptions = 0
  const restorations: (() => void)[] = []

  function count(
    holder: object,
    name: string,
    cost: (self: never, args: readonly unknown[], result: unknown) => number,
  ): void {
    const original = Reflect.get(holder, name) as Method
    function counted(this: unknown, ...args: unknown[]): unknown {
      try {
        const result = Reflect.apply(original, this, args as never[])
        units += cost(this as never, args, result)
        return result
      } catch (error) {
        exceptions++
        units += EXCEPTION + cost(this as never, args, undefined)
        throw error
      }
    }
    replace(holder, name, Object.assign(counted, original))
  }

  function replace(holder: object, name: string, value: unknown): void {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name) ?? {}
    restorations.unshift(() => Object.defineProperty(holder, name, descriptor))
    Object.defineProperty(holder, name, { ...descriptor, value })
  }

  /** Keeps `Number.isSafeInteger` and its like. */
  function countCalls(name: 'Number' | 'BigInt', cost: (text: unknown) => number): void {
    function apply(target: (...args: unknown[]) => unknown, self: unknown, args: unknown[]): unknown {
      units += cost(args[0])
      return Reflect.apply(target, self, args)
    }
    replace(globalThis, name, new Proxy(globalThis[name], { apply: apply as never }))
  }

  for (const [name, cost] of Object.entries(TEXT_COSTS)) count(String.prototype, name, cost)
  // `test`, `match`, `matchAll`, `replace` and `split` of a pattern call it too.
  count(RegExp.prototype, 'exec', (pattern: RegExp, [text], result) => {
    const match = result as RegExpExecArray | null
    const start = pattern.global || pattern.sticky ? (match?.index ?? 0) : 0
    return (
      ALLOCATION + (match === null ? lengthOf(text) : match.index - start + lengthOf(match[0]) + match.length)
    )
  })
  count(globalThis, 'decodeURIComponent', (_self, [text]) => ALLOCATION + lengthOf(text))
  count(Buffer, 'from', (_self, [source]) => ALLOCATION + lengthOf(source))
  count(Array.prototype, 'push', () => 1)
  for (const name of ['map', 'filter', 'join', 'some', 'every']) count(Array.prototype, name, listCost)
  count(
    Array.prototype,
    'sort',
    (self: readonly unknown[]) => 3 * self.length * Math.ceil(Math.log2(self.length + 1)),
  )
  for (const name of ['get', 'set']) count(Map.prototype, name, (_self, [key]) => 1 + lengthOf(key))
  countCalls('Number', lengthOf)
  // Digits are read in quadratic time.
  countCalls('BigInt', text => lengthOf(text) ** 2)

  try {
    action()
  } finally {
    for (const restore of restorations) restore()
  }
  return { units, exceptions }
}
