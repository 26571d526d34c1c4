/** Processor time over TLS: with HTTP/1.1, and with HTTP/2, where many small ranges or whole tracks share one connection. */
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { floor, ours } from '../contenders/node'
import { askByH2load, askByWrk, type Ask } from '../load/ask'
import { WORKS, type Work } from '../load/works'
import { runRace } from '../measure/race'
import { compareTables, costTable } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

export const tlsPart = encryptedPart({
  name: 'tls',
  server: 'https',
  client: 'wrk',
  ask: askByWrk,
  works: [WORKS.range64k, WORKS.range1m, WORKS.whole],
})

export const h2Part = encryptedPart({
  name: 'h2',
  server: 'h2',
  client: 'h2load',
  ask: askByH2load,
  works: [
    { ...WORKS.range64k, title: '64 KiB, 100 parallel' },
    { ...WORKS.whole, title: 'whole 5 MB, 10 parallel' },
  ],
})

interface Encrypted {
  readonly name: string
  /** Of Node: that of Go and nginx speaks both. */
  readonly server: 'https' | 'h2'
  readonly client: string
  readonly ask: Ask
  readonly works: readonly Work[]
}

function encryptedPart({ name, server, client, ask, works }: Encrypted): Part {
  return {
    name,
    needs: [client, 'openssl'],
    minutes: 3,
    run: async bench => {
      const handler = ours(server)
      const contenders = [handler, floor(server), ...go('https'), ...nginx('https')]
      const library = bench.workspace.addLibrary(name, HOT_TRACKS)
      const results = await runRace(bench, { contenders, library, works, ask })
      const shown = contenders.filter(({ role }) => role !== 'floor')
      return {
        figures: results,
        report: compareTables(results, works, contenders, handler),
        summary: costTable(results, works, shown),
      }
    },
  }
}
