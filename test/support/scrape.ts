/** A registry as Prometheus sees it, and apps that are counted in one. */
import express, { type RequestHandler } from 'express'
import type { AnyRegistry } from '../../src/metrics/meters'
import { ask } from './client'
import { eventually } from './eventually'
import { listen, type RunningServer } from './server'

/** What one scrape read: values by `name` or `name{label="value"}`, as they are printed. */
export type Samples = ReadonlyMap<string, number>

export interface CountedApp extends RunningServer {
  scrape(): Promise<Samples>
  /** Scrapes once no stream is active: a client sees the end of a response first, and the server after it. */
  scrapeAfterwards(): Promise<Samples>
  scrapeUntil(isReached: (samples: Samples) => boolean, what: string): Promise<Samples>
}

/** An app with `handler` at `/stream` and the registry at `/metrics`. */
export async function serveCounted(registry: AnyRegistry, handler: RequestHandler): Promise<CountedApp> {
  const app = express()
  app.use('/stream', handler)
  app.get('/metrics', async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics())
  })
  const server = await listen(app)

  async function scrape(): Promise<Samples> {
    return parse((await ask(server.port, '/metrics')).body.toString())
  }
  function scrapeUntil(isReached: (samples: Samples) => boolean, what: string): Promise<Samples> {
    return eventually(async () => {
      const samples = await scrape()
      return isReached(samples) && samples
    }, what)
  }
  function scrapeAfterwards(): Promise<Samples> {
    return scrapeUntil(samples => activeIn(samples) === 0, 'no stream is active')
  }
  return { ...server, scrape, scrapeUntil, scrapeAfterwards }
}

export function activeIn(samples: Samples): number | undefined {
  return samples.get('signed_stream_active_streams')
}

export function parse(text: string): Samples {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

/** What the samples of one metric add up to; of those with all of `labels`, such as `status="200"`. */
export function sum(samples: Samples, name: string, ...labels: readonly string[]): number {
  let total = 0
  for (const [sample, value] of samples) {
    const isMeant = sample === name || sample.startsWith(`${name}{`)
    if (isMeant && labels.every(label => sample.includes(label))) total += value
  }
  return total
}

/** Those of one metric that are not 0, without its name. */
export function counts(samples: Samples, name: string): Record<string, number> {
  const own = [...samples].filter(([sample, value]) => value !== 0 && sample.startsWith(`${name}{`))
  return Object.fromEntries(own.map(([sample, value]) => [sample.slice(name.length), value]))
}
