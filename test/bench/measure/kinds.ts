/** Kinds of requests to the same servers, by turns, in fresh processes for each round. */
import type { Contender } from '../contenders/contender'
import { askByWrk } from '../load/ask'
import type { Library } from '../load/library'
import type { Work } from '../load/works'
import { Comparison } from './comparison'
import { runLaps } from './laps'
import { costOf, withServers, type Bench } from './runners'

export interface Kind {
  readonly name: string
  readonly label: string
  /** The name of the contender that gets these requests. */
  readonly server: string
  readonly work: Work
}

export async function runKinds(
  bench: Bench,
  title: string,
  {
    contenders,
    library,
    kinds,
  }: {
    readonly contenders: readonly Contender[]
    readonly library: Library
    readonly kinds: readonly Kind[]
  },
): Promise<Comparison> {
  const results = new Comparison()
  for (let round = 0; round < bench.plan.rounds; round++) {
    bench.say(`round ${round + 1}: ${kinds.map(({ label }) => label).join(', ')}`)
    await withServers(bench, contenders, library, async runners => {
      const slices = kinds.flatMap(({ name, server: wanted, work }) =>
        runners
          .filter(({ server }) => server.contender.name === wanted)
          .map(({ server, tag }) => {
            const order = { server, tag, work, library, directory: bench.directory }
            return {
              name,
              measure: (turn: number, seconds: number) =>
                costOf(server, () => askByWrk({ ...order, turn, seconds })),
            }
          }),
      )
      for (const { measure } of slices) await measure(0, bench.plan.warmUp / 2)
      await runLaps(results, title, round, slices, bench.plan)
    })
  }
  return results
}
