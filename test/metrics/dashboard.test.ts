/** The dashboard and the alerts, against the metrics that an app really has. */
import { readFileSync } from 'node:fs'
import { createStreamRouter } from 'express-signed-stream'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { ask } from '../support/client'
import { makeTrackDirectory, pathFor, SECRET } from '../support/tracks'
import { ALERTS, metricsIn, queriesOf, readDashboard } from '../support/dashboard-queries'
import { serveCounted } from '../support/scrape'

const dashboard = readDashboard()
const queries = queriesOf(dashboard)

/** The labels of each metric that Prometheus would store, by its name. */
const stored = new Map<string, Set<string>>()
beforeAll(async () => {
  const tracks = makeTrackDirectory()
  tracks.write('track1.mp3', 'one')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const metrics = createStreamMetrics({ registry })
  const app = await serveCounted(registry, createStreamRouter(tracks.path, SECRET))
  metrics.watchConnections(app.server)
  await ask(app.port, pathFor('track1'))
  await ask(app.port, pathFor('missing'))
  const samples = await app.scrapeAfterwards()
  for (const sample of samples.keys()) {
    const [name = '', labels = ''] = sample.split('{')
    const known = stored.get(name) ?? new Set()
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label)
    stored.set(name, known)
  }
  await app.close()
  metrics.close()
  tracks.remove()
})

describe('the dashboard', () => {
  it.each(queries)('queries in "%s" metrics that exist: %s', (_title, query) => {
    const names = metricsIn(query)
    expect(names).not.toEqual([])
    expect(names.filter(name => !stored.has(name))).toEqual([])
  })

  it.each(queries)('queries in "%s" labels that exist: %s', (_title, query) => {
    const [name = ''] = metricsIn(query)
    // Prometheus adds these two itself.
    const known = new Set([...(stored.get(name) ?? []), 'job', 'instance'])
    const matched = Array.from(query.matchAll(/(\w+)(?:=~|!~|!=|=)"/g), ([, label]) => label)
    const grouped = Array.from(query.matchAll(/by \(([^)]*)\)/g), ([, labels]) =>
      labels?.split(/,\s*/),
    ).flat()
    expect([...matched, ...grouped].filter(label => !known.has(label ?? ''))).toEqual([])
  })

  it('shows what an operator needs', () => {
    const titles = dashboard.panels.map(({ title }) => title)
    expect(titles).toEqual(
      expect.arrayContaining([
        'Requests by status',
        '403 by code',
        '404 and other refusals by code',
        'Bytes',
        'Active streams and connections',
        'Time to first byte',
        'Duration of streams',
        'Outcomes',
        'Hit ratio by bytes',
        'Memory',
        'CPU',
        'Event loop lag',
      ]),
    )
  })

  it('leaves the source of its data to the operator who imports it', () => {
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' })
    for (const { datasource, targets = [] } of dashboard.panels) {
      for (const { uid } of [datasource, ...targets.map(target => target.datasource)].filter(Boolean) as {
        uid: string
      }[]) {
        expect(uid).toBe('${datasource}')
      }
    }
  })

  it('has panels of different ids that do not lie on each other', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24)
  })
})

it('the alerts ask for metrics that there are', () => {
  const rules = readFileSync(ALERTS, 'utf8').match(/expr:.*?(?=\n +(?:for|labels):)/gs) ?? []
  expect(rules).toHaveLength(7)
  for (const rule of rules) {
    expect(metricsIn(rule)).not.toEqual([])
    expect(metricsIn(rule).filter(name => !stored.has(name))).toEqual([])
  }
})
