/** Processor time over TLS with HTTP/1.1. */
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { floor, ours } from '../contenders/node'
import { WORKS } from '../load/works'
import { runRace } from '../measure/race'
import { compareTables, costTable } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

export const tlsPart: Part = {
  name: 'tls',
  needs: ['wrk', 'openssl'],
  minutes: 3,
  run: async bench => {
    const handler = ours('https')
    const contenders = [handler, floor('https'), ...go('https'), ...nginx('https')]
    const works = [WORKS.range64k, WORKS.range1m, WORKS.whole]
    const library = bench.workspace.addLibrary('tls', HOT_TRACKS)
    const results = await runRace(bench, { contenders, library, works })
    return {
      figures: results,
      report: compareTables(results, works, contenders, handler),
      summary: costTable(
        results,
        works,
        contenders.filter(({ role }) => role !== 'floor'),
      ),
    }
  },
}
