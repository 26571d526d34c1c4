/** The table of `docs/metrics.md`, against the registry. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createStreamMetrics } from 'express-signed-stream/metrics'
import { Registry, type MetricObject } from 'prom-client'

const text = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8')

it('docs/metrics.md lists every metric, with its type and its labels', () => {
  const registry = new Registry()
  const metrics = createStreamMetrics({ registry, prefix: '' })
  metrics.watchConnections(createServer())
  // prom-client's types leave out the description of a metric.
  const made = registry.getMetricsAsArray() as unknown as (MetricObject & {
    type: string
    labelNames: string[]
  })[]
  const expected = made.map(({ name, type, labelNames }) => [name, type, ...labelNames])
  metrics.close()

  const rows = text.matchAll(/^\| `(\w+)` +\| (counter|gauge|histogram) +\| ([^|]*)\|/gm)
  const listed = Array.from(rows, ([, name, type, labels = '']) => [
    name,
    type,
    ...Array.from(labels.matchAll(/`(\w+)`/g), ([, label]) => label),
  ])
  expect(listed).toEqual(expected)
})
