/** Processor time over HTTP/1.1 without encryption: ours bare and in Express, the floors, and all peers. */
import type { Contender } from '../contenders/contender'
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { floor, floorInExpress, nodePeers, ours, oursInExpress } from '../contenders/node'
import { BUDGET_BYTES, TRACK_BYTES } from '../load/library'
import { WORKS } from '../load/works'
import { together } from '../measure/comparison'
import { describeMachine } from '../measure/machine'
import { runRace } from '../measure/race'
import { drawChart } from '../report/chart'
import { costTable, ratioTable } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

/** How many times the block budget the cold library is. */
const COLD_FACTOR = 4

const HOT = [WORKS.range64k, WORKS.range1m, WORKS.whole, WORKS.probe, WORKS.notModified, WORKS.refused]
const COLUMNS = [...HOT, WORKS.cold]

/** What shows that a server reads files, for those that are not measured in full. */
const FILE_WORKS = [WORKS.range64k, WORKS.whole, WORKS.probe]

/** The columns and rows of the table for users. */
const SHOWN_WORKS = [WORKS.probe, WORKS.range64k, WORKS.range1m, WORKS.whole, WORKS.refused]
const SHOWN = ['bare', 'express', 'send-file', 'go', 'nginx']

export const cpuPart: Part = {
  name: 'cpu',
  needs: ['wrk'],
  minutes: 8,
  run: async bench => {
    const hot = bench.workspace.addLibrary('hot', HOT_TRACKS)
    const cold = bench.workspace.addLibrary('cold', Math.ceil((COLD_FACTOR * BUDGET_BYTES) / TRACK_BYTES))
    const [handler, peers, others] = [ours(), nodePeers(), [...go(), ...nginx()]]
    const [full, plain] = [peers.filter(isFull), peers.filter(peer => !isFull(peer))]
    // In small groups: after some seconds of rest, V8 has to warm up again.
    const results = together([
      await runRace(bench, { contenders: [handler, floor(), ...others], library: hot, works: HOT }),
      await runRace(bench, {
        contenders: [oursInExpress(), floorInExpress(), ...full],
        library: hot,
        works: HOT,
        warmUp: 2 * bench.plan.warmUp,
      }),
      await runRace(bench, { contenders: [handler, ...plain], library: hot, works: FILE_WORKS }),
      // Without the floors, which would hold all of it in memory.
      await runRace(bench, { contenders: [handler, ...full, ...others], library: cold, works: [WORKS.cold] }),
    ])
    const contenders = [handler, oursInExpress(), floor(), floorInExpress(), ...peers, ...others]
    const shown = SHOWN.flatMap(name => contenders.filter(contender => contender.name === name))
    return {
      figures: results,
      report: [
        'Microseconds of processor time per request:',
        costTable(results, COLUMNS, contenders),
        'Our handler on node:http, divided by the others (less than 1 is less than theirs):',
        ratioTable(results, COLUMNS, 'bare', [floor(), ...plain, ...others]),
        'Our router in Express, divided by the others:',
        ratioTable(results, HOT, 'express', [floorInExpress(), ...full]),
      ].join('\n\n'),
      summary: costTable(results, SHOWN_WORKS, shown),
      chart: drawChart(results, contenders, describeMachine()),
    }
  },
}

/** Whether a peer does all that ours do. */
function isFull({ checksSignature }: Contender): boolean {
  return checksSignature
}
