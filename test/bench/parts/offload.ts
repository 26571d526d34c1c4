/** What nginx saves when it sends the bytes, by the processor time of all processes together. */
import { nginx } from '../contenders/nginx'
import { ours } from '../contenders/node'
import { offloaded } from '../contenders/offload'
import { WORKS } from '../load/works'
import { runRace } from '../measure/race'
import { againstFirst } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

export const offloadPart: Part = {
  name: 'offload',
  needs: ['wrk', 'nginx'],
  minutes: 3,
  run: async bench => {
    const contenders = [...nginx(), ours(), ...offloaded()]
    const works = [WORKS.probe, WORKS.range64k, WORKS.whole]
    const library = bench.workspace.addLibrary('offload', HOT_TRACKS)
    const results = await runRace(bench, { contenders, library, works })
    return { figures: results, report: againstFirst(results, works, contenders) }
  },
}
