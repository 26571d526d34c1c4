/**
 * How fast the server's core is just now: that of a virtual machine may have half its speed for seconds, when others
 * are busy on the same processor.
 */
import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import { startChild, stopChild } from './running'

/** Takes some 10 ms, and says how many. */
const LOOP = `
  process.on('disconnect', () => process.exit())
  process.on('message', () => {
    const begun = performance.now()
    let sum = 0
    for (let index = 0; index < 2e7; index++) sum = (sum + index) | 0
    process.send(performance.now() - begun)
  })`

/** How much longer than the shortest one a loop at full speed may take. */
const TOLERANCE = 1.2

/** How often the loop runs until it is compiled and its shortest time is likely to be known. */
const FIRST_LOOPS = 200

export class CoreSpeed {
  readonly #child: ChildProcess
  #shortest = Infinity

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<CoreSpeed> {
    const speed = new CoreSpeed(startChild('serve', [process.execPath, '-e', LOOP]))
    for (let loop = 0; loop < FIRST_LOOPS; loop++) await speed.isFull()
    return speed
  }

  /** While nothing else runs on the core. */
  async isFull(): Promise<boolean> {
    this.#child.send('loop')
    const [time] = (await once(this.#child, 'message')) as [number]
    this.#shortest = Math.min(this.#shortest, time)
    return time <= this.#shortest * TOLERANCE
  }

  stop(): Promise<void> {
    return stopChild(this.#child)
  }
}
