/** What several ranges of one request cost, to one. */
import { ours } from '../contenders/node'
import { WORKS, type Work } from '../load/works'
import { runKinds } from '../measure/kinds'
import { againstFirst } from '../report/comparison-tables'
import { HOT_TRACKS, type Part } from './part'

const COUNTS = [1, 4, 16]

/** Bytes of body for each of several parts, at least: its head, and the two bytes. */
const PART_BYTES = 80

/** Far enough from each other that no two of them are joined. */
const DISTANCE = 10_000

export const rangesPart: Part = {
  name: 'ranges',
  needs: ['wrk'],
  minutes: 1,
  run: async bench => {
    const library = bench.workspace.addLibrary('ranges', HOT_TRACKS)
    const kinds = COUNTS.map(count => ({
      name: String(count),
      label: count === 1 ? 'one range' : `${count} ranges`,
      server: 'bare',
      work: probes(count),
    }))
    const results = await runKinds(bench, 'ranges', { contenders: [ours()], library, kinds })
    const columns = [{ name: 'ranges', title: '2 bytes each' }]
    return { figures: results, report: againstFirst(results, columns, kinds) }
  },
}

function probes(count: number): Work {
  const ranges = Array.from({ length: count }, (_, index) => `${index * DISTANCE}-${index * DISTANCE + 1}`)
  return {
    ...WORKS.probe,
    length: count === 1 ? 2 : count * PART_BYTES,
    headers: () => `Range: bytes=${ranges.join(',')}\r\n`,
  }
}
