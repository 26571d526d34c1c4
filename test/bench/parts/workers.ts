/**
 * The demo with one worker and with two: what a request costs, and how evenly connections are spread. The client needs a
 * core too, so throughput is that of the processor time: two cores do twice what one does, divided by how much more a
 * request costs.
 */
import { demo } from '../contenders/demo'
import { WORKS, type Work } from '../load/works'
import { askByWrk } from '../load/ask'
import { Comparison } from '../measure/comparison'
import { runLaps } from '../measure/laps'
import { withServers, type Runner } from '../measure/runners'
import { median } from '../measure/statistics'
import { againstFirst } from '../report/comparison-tables'
import { formatRatio, formatTable } from '../report/table'
import { HOT_TRACKS, type Part } from './part'

const COUNTS = [1, 2]

/** Enough for an even spread. */
const CONNECTIONS = 128

const MANY_WORKS = [WORKS.probe, WORKS.range64k, WORKS.range1m].map(work => ({
  ...work,
  connections: CONNECTIONS,
}))

export const workersPart: Part = {
  name: 'workers',
  needs: ['wrk'],
  minutes: 2,
  run: async bench => {
    const results = new Comparison()
    const spreads: number[] = []
    const contenders = COUNTS.map(count =>
      demo(
        String(count),
        `${count} ${count === 1 ? 'worker' : 'workers'}`,
        workerSettings(count),
        'anywhere',
      ),
    )
    const library = bench.workspace.addLibrary('workers', HOT_TRACKS)

    async function measure(
      { server, tag }: Runner,
      work: Work,
      turn: number,
      seconds: number,
    ): Promise<number> {
      const before = server.cpuTimes
      const requests = await askByWrk({
        server,
        tag,
        work,
        library,
        directory: bench.directory,
        turn,
        seconds,
      })
      const spent = server.cpuTimes.map((time, index) => time - (before[index] ?? 0))
      // The first process only starts the others.
      if (turn > 0 && spent.length === 3)
        spreads.push(Math.min(...spent.slice(1)) / Math.max(...spent.slice(1)))
      return spent.reduce((total, time) => total + time, 0) / 1000 / requests
    }

    for (let round = 0; round < bench.plan.rounds; round++) {
      bench.say(`round ${round + 1}`)
      await withServers(bench, contenders, library, async runners => {
        for (const [index, work] of MANY_WORKS.entries()) {
          const slices = runners.map(runner => ({
            name: runner.server.contender.name,
            measure: (turn: number, seconds: number) => measure(runner, work, turn, seconds),
          }))
          // Of two workers, each gets half of the load.
          if (index === 0) for (const slice of slices) await slice.measure(0, 2 * bench.plan.warmUp)
          await runLaps(results, work.name, round, slices, bench.plan)
        }
      })
    }

    function throughput(work: string): number | undefined {
      const ratio = results.read(work, '2', '1')
      return ratio === undefined ? undefined : 2 / ratio
    }
    const row = MANY_WORKS.map(({ name }) => formatRatio(throughput(name)))
    return {
      report: [
        againstFirst(results, MANY_WORKS, contenders),
        'What two workers on two cores do, divided by what one does on one:',
        formatTable(['', ...MANY_WORKS.map(({ title }) => title)], [['two workers', ...row]]),
        `With ${CONNECTIONS} connections, the less busy of the two workers does ${formatRatio(median(spreads))} of the work of the other (median).`,
      ].join('\n\n'),
      figures: { read: () => throughput('range-64k') },
    }
  },
}

function workerSettings(count: number): Readonly<Record<string, string>> {
  return { WORKERS: String(count), LOG_LEVEL: 'warn' }
}
