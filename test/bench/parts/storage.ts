/** Listeners of files on a storage of which every operation takes 5, 20 or 50 ms. Needs root and /dev/fuse. */
import { demo } from '../contenders/demo'
import type { Contender } from '../contenders/contender'
import { go } from '../contenders/go'
import { nginx } from '../contenders/nginx'
import { nodePeers, ours } from '../contenders/node'
import type { Figures } from '../measure/comparison'
import { formatNumber, formatTable } from '../report/table'
import { measureOnStorage, TRACKS, type StorageResult } from '../slow-storage/measure'
import { buildSlowFs, mountSlowly } from '../slow-storage/storage'
import type { Part } from './part'

/** Milliseconds of each operation of the storage. MS in the environment lists others, as in `MS=5,20`. */
const DELAYS = (process.env['MS'] ?? '5,20,50').split(',').map(Number)

/** The goals are of this one. */
const COMPARED_DELAY = 20

/** Seconds for which the kernel keeps names and attributes, as NFS does. */
const KEPT = 3

/** Seconds. */
const MEASURED = 5

const OURS = ['demo', 'bare']

/** Who is measured with how many listeners: our defaults with all, others where they can still be compared. */
const CROWDS = [
  { listeners: 1, names: OURS },
  { listeners: 10, names: OURS },
  { listeners: 100, names: [...OURS, 'send', 'go', 'nginx'] },
  { listeners: 500, names: [...OURS, 'send', 'nginx'] },
]

interface Row {
  readonly milliseconds: number
  readonly name: string
  readonly label: string
  readonly listeners: number
  readonly result: StorageResult
}

export const storagePart: Part = {
  name: 'storage',
  needs: ['gcc', 'pkg-config', 'fusermount3'],
  minutes: 3,
  run: async ({ workspace, directory, say }) => {
    const contenders = findContenders()
    const program = buildSlowFs(directory)
    const library = workspace.addSparseLibrary('tracks', TRACKS)
    const rows: Row[] = []
    for (const milliseconds of DELAYS) {
      await using storage = await mountSlowly(program, library.dir, { milliseconds, keptFor: KEPT })
      const slow = { ...library, dir: storage.path }
      for (const { listeners, names } of CROWDS) {
        say(`${milliseconds} ms, ${listeners} listeners`)
        for (const contender of contenders.filter(({ name }) => names.includes(name))) {
          const result = await measureOnStorage(contender, slow, { listeners, seconds: MEASURED, directory })
          rows.push({ milliseconds, name: contender.name, label: contender.label, listeners, result })
        }
      }
    }
    const compared = rows.filter(({ milliseconds }) => milliseconds === COMPARED_DELAY)
    return { figures: figuresOf(compared), report: DELAYS.map(delay => tableOf(delay, rows)).join('\n\n') }
  },
}

function findContenders(): readonly Contender[] {
  // All listeners come from one address.
  const limits = { MAX_STREAMS_PER_CLIENT: '0', MAX_REFUSALS_PER_MINUTE: '0', LOG_LEVEL: 'error' }
  return [
    demo('demo', 'the demo', limits),
    ours(),
    ...nodePeers().filter(({ name }) => name === 'send'),
    ...go(),
    ...nginx('http', 'aio threads;').map(each => ({ ...each, label: 'nginx with aio threads' })),
  ]
}

/** A work is a field of the results and a number of listeners, as in `seekMedian, 100`. */
function figuresOf(rows: readonly Row[]): Figures {
  return {
    read: (work, name) => {
      const [field = '', listeners] = work.split(', ')
      const row = rows.find(each => each.name === name && String(each.listeners) === listeners)
      if (row === undefined) return undefined
      const { result } = row
      return field === 'hotRatio' ? result.hotP95 / result.untouchedP95 : result[field as keyof StorageResult]
    },
  }
}

function tableOf(delay: number, rows: readonly Row[]): string {
  const head = [
    ...['', 'listeners', 'start', '95 %', 'seek', '95 %', 'hot 95 %', 'no storage 95 %', 'pool'],
    ...['stalled %', 'starved', 'refused', 'MB/s', 'not ready'],
  ]
  const lines = rows
    .filter(({ milliseconds }) => milliseconds === delay)
    .map(({ name, label, listeners, result }) => [
      label,
      String(listeners),
      ...[result.startMedian, result.startP95, result.seekMedian, result.seekP95].map(formatTime),
      ...[result.hotP95, result.untouchedP95, result.poolMedian].map(formatTime),
      formatNumber(result.stalled),
      String(result.starved),
      String(result.refused),
      formatNumber(result.megabytesPerSecond),
      name === 'demo' ? String(result.notReady) : '',
    ])
  return [
    `Milliseconds (medians, and 95 %), with ${delay} ms for each operation of the storage:`,
    formatTable(head, lines),
  ].join('\n\n')
}

/** Of requests, of which so many may have had no response, or a refusal, that the median has none. */
function formatTime(milliseconds: number): string {
  return milliseconds === Infinity ? 'none' : formatNumber(milliseconds)
}
