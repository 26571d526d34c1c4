/** Servers that do the same work by turns, in fresh processes for each round. */
import type { Contender } from '../contenders/contender'
import { askByWrk, type Ask } from '../load/ask'
import type { Library } from '../load/library'
import type { Work } from '../load/works'
import { Comparison } from './comparison'
import { runLaps, type Slice } from './laps'
import { costOf, withServers, type Bench, type Runner } from './runners'

export interface Race {
  readonly contenders: readonly Contender[]
  readonly library: Library
  readonly works: readonly Work[]
  /** @defaultValue by wrk, which speaks HTTP/1.1 */
  readonly ask?: Ask
  /** Seconds. @defaultValue that of the plan */
  readonly warmUp?: number
}

/** @returns its results */
export async function runRace(bench: Bench, race: Race): Promise<Comparison> {
  const results = new Comparison()
  const { contenders, library, works, ask = askByWrk, warmUp = bench.plan.warmUp } = race
  const { plan, say } = bench

  function sliceOf({ server, tag }: Runner, work: Work): Slice {
    const order = { server, tag, work, library, directory: bench.directory }
    return {
      name: server.contender.name,
      measure: (turn, seconds) => costOf(server, () => ask({ ...order, turn, seconds })),
    }
  }

  for (let round = 0; round < plan.rounds; round++) {
    say(`round ${round + 1}: ${contenders.map(({ name }) => name).join(', ')}`)
    await withServers(bench, contenders, library, async runners => {
      for (const [index, work] of works.entries()) {
        const able = runners.filter(({ server }) => canDo(server.contender, work))
        const slices = able.map(runner => sliceOf(runner, work))
        if (index === 0) for (const { measure } of slices) await measure(0, warmUp)
        await runLaps(results, work.name, round, slices, plan)
      }
    })
  }
  return results
}

/** A floor refuses at once; a peer that checks nothing cannot refuse. */
function canDo({ checksSignature, role }: Contender, { needsSignature }: Work): boolean {
  return !needsSignature || checksSignature || role === 'floor'
}
