/** Finds the laws that flaws break: some flaws at a time, as most laws wait. */
import { isDeepStrictEqual } from 'node:util'

export interface Flaw {
  readonly name: string
  /** Names of the laws that it breaks, all of them. */
  readonly breaks: readonly string[]
}

/** How often a flaw is tested alone whose result is not the expected one: on a busy machine, a law that waits may be late. */
const ATTEMPTS = 3

export class BrokenLaws<Tested extends Flaw> {
  readonly #find: (flaw: Tested) => Promise<readonly string[]>
  readonly #found = new Map<Tested, readonly string[]>()

  constructor(find: (flaw: Tested) => Promise<readonly string[]>) {
    this.#find = find
  }

  async findAll(flaws: readonly Tested[], atATime: number): Promise<void> {
    const left = flaws.values()
    const findOthers = async (): Promise<void> => {
      for (const flaw of left) this.#found.set(flaw, await this.#find(flaw))
    }
    await Promise.all(Array.from({ length: atATime }, findOthers))
  }

  /** The laws that `flaw` breaks. Called for one flaw at a time. */
  async of(flaw: Tested): Promise<readonly string[] | undefined> {
    let found = this.#found.get(flaw)
    for (let attempt = 0; attempt < ATTEMPTS && !isDeepStrictEqual(found, flaw.breaks); attempt++) {
      found = await this.#find(flaw)
    }
    return found
  }
}
