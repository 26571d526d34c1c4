/** Processor time over HTTP/2 with TLS: many small ranges or whole tracks on one connection. */
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { floor, ours } from '../contenders/node'
import { askByH2load } from '../load/ask'
import { WORKS } from '../load/works'
import { runRace } from '../measure/race'
import { compareTables, costTable } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

export const h2Part: Part = {
  name: 'h2',
  needs: ['h2load', 'openssl'],
  minutes: 3,
  run: async bench => {
    const handler = ours('h2')
    const contenders = [handler, floor('h2'), ...go('https'), ...nginx('https')]
    const works = [
      { ...WORKS.range64k, title: '64 KiB, 100 parallel' },
      { ...WORKS.whole, title: 'whole 5 MB, 10 parallel' },
    ]
    const library = bench.workspace.addLibrary('h2', HOT_TRACKS)
    const results = await runRace(bench, { contenders, library, works, ask: askByH2load })
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
