/** Requests to workers. A worker that does not respond is not one that has nothing. */
import type { WorkerProcess } from './worker-process'

/** The response of one worker. */
export interface Answered<Answer> {
  readonly worker: number
  readonly pid: number | undefined
  /** False if it does not respond in time, or fails. */
  readonly isAnswer: boolean
  readonly answer: Answer | undefined
}

export interface AskOptions {
  /** Milliseconds. */
  readonly patience?: number
  /** The number of the worker that asks, which is left out. */
  readonly from?: number
  /** Which workers get the request. @defaultValue also those that drain, whose streams are still in progress */
  readonly of?: 'all' | 'serving'
}

/** Asks all of `workers` that accept connections, and those that drain unless `of` leaves them out, at once. */
export async function askAll<Answer>(
  workers: Iterable<WorkerProcess>,
  name: string,
  value: unknown,
  { patience = 1000, from = 0, of = 'all' }: AskOptions = {},
): Promise<Answered<Answer>[]> {
  const asked = Array.from(workers).filter(worker => worker.id !== from && isExpected(worker, of))
  const answers = await Promise.all(
    asked.map(async ({ id: worker, pid, channel }) => {
      try {
        const answer = (await channel.ask(name, value, { patience, from })) as Answer
        return { worker, pid, isAnswer: true, answer }
      } catch {
        return { worker, pid, isAnswer: false, answer: undefined }
      }
    }),
  )
  // One that has ended meanwhile, or no longer handles such a request, was not late.
  return answers.filter(({ isAnswer }, index) => isAnswer || isExpected(asked[index], of))
}

/**
 * Asks one worker after the other, until one responds.
 *
 * @throws (rejects with) Error if none does
 */
export async function askOne<Answer>(
  workers: Iterable<WorkerProcess>,
  name: string,
  value: unknown,
  patience: number,
): Promise<Answer> {
  for (const worker of workers) {
    try {
      return (await worker.channel.ask(name, value, { patience })) as Answer
    } catch {
      // The next one may.
    }
  }
  throw new Error(`No worker responds to ${name}`)
}

function isExpected(worker: WorkerProcess | undefined, of: 'all' | 'serving'): boolean {
  return worker?.state === 'serving' || (of === 'all' && worker?.state === 'draining')
}
