/** The same build on Node 20 and Node 24. */
import { ours } from '../contenders/node'
import { nodeOfVersion } from '../contenders/versions'
import { WORKS } from '../load/works'
import { runRace } from '../measure/race'
import { againstFirst } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

export const versionsPart: Part = {
  name: 'versions',
  needs: ['wrk'],
  minutes: 3,
  run: async bench => {
    const contenders = ['20', '24'].map(major =>
      ours('http', {
        name: `node-${major}`,
        label: `our handler on Node ${major}`,
        program: 'bare',
        node: nodeOfVersion(major),
      }),
    )
    const works = [WORKS.probe, WORKS.range64k, WORKS.range1m]
    const library = bench.workspace.addLibrary('versions', HOT_TRACKS)
    const results = await runRace(bench, { contenders, library, works })
    return { figures: results, report: againstFirst(results, works, contenders) }
  },
}
