/** A crowd of listeners in a process of its own (`listeners.ts`), which gets orders and sends reports. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Orders, Report } from './listeners'
import { startChild, stopChild } from '../measure/child'

/** Milliseconds within which all must have connected. */
const TIMEOUT = 60_000

export class Crowd {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves when all have connected and sent their requests. */
  static async gather(orders: Orders): Promise<Crowd> {
    const typescript = join(__dirname, '..', '..', 'support', 'run-typescript.js')
    const child = startChild('ask', [process.execPath, '-r', typescript, join(__dirname, 'listeners.ts')])
    const crowd = new Crowd(child)
    try {
      await crowd.#order(orders, report => 'ready' in report)
      return crowd
    } catch (error) {
      await crowd.dismiss()
      throw error
    }
  }

  /** Has those who read nothing check the beginning of what they were sent; rejects if it is not a track. */
  look(): Promise<void> {
    return this.#order('look', report => 'looked' in report)
  }

  dismiss(): Promise<void> {
    return stopChild(this.#child)
  }

  #order(message: Orders | 'look', isDone: (report: Report) => boolean): Promise<void> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      function onMessage(report: Report): void {
        if ('error' in report) end(new Error(`A listener failed: ${report.error}`))
        else if (isDone(report)) end()
      }
      function end(error?: Error): void {
        clearTimeout(timer)
        child.off('message', onMessage)
        if (error === undefined) resolve()
        else reject(error)
      }
      const timer = setTimeout(() => {
        end(new Error('The listeners took too long'))
      }, TIMEOUT)
      child.on('message', onMessage)
      child.send(message)
    })
  }
}
