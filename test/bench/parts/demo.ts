/** What the demo server adds to the handler: limits, request ids and logs. */
import { demo } from '../contenders/demo'
import { ours } from '../contenders/node'
import { WORKS } from '../load/works'
import { runRace } from '../measure/race'
import { againstFirst } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

export const demoPart: Part = {
  name: 'demo',
  needs: ['wrk'],
  minutes: 2,
  run: async bench => {
    const contenders = [
      ours(),
      demo('demo-info', 'the demo: limits, ids, a line of log for each response'),
      demo('demo-warn', 'the demo with LOG_LEVEL=warn', { LOG_LEVEL: 'warn' }),
    ]
    const works = [WORKS.probe, WORKS.range64k]
    const library = bench.workspace.addLibrary('demo', HOT_TRACKS)
    const results = await runRace(bench, { contenders, library, works })
    return { figures: results, report: againstFirst(results, works, contenders) }
  },
}
