/** A demo over a directory of tracks that is made for the test. */
import type { RequestListener } from 'node:http'
import { createLinks } from 'express-signed-stream'
import { createDemoApp } from '../../demo/app/app'
import { createExchanges } from '../../demo/app/exchanges/exchanges'
import { createFlatLibrary } from '../../demo/library/flat-library'
import { readConfig, type Environment } from '../../demo/settings/config'
import { createLogger } from '../../demo/process/logger'
import { SECRET, makeTrackDirectory, type TrackDirectory } from '../support/tracks'

export interface TestDemo {
  readonly app: RequestListener
  readonly directory: TrackDirectory
  /** The lines logged so far. */
  readonly log: string[]
}

export function makeDemo(environment: Environment = {}): TestDemo {
  const directory = makeTrackDirectory()
  const log: string[] = []
  const config = readConfig({ SECRET_KEY: SECRET, AUDIO_DIR: directory.path, ...environment })
  const { listener } = createDemoApp({
    library: createFlatLibrary(directory.path),
    links: createLinks({ secret: config.secrets, baseUrl: '/stream' }),
    secret: config.secrets[0],
    isSigningOpen: config.OPEN_SIGNING,
    origin: config.ALLOWED_ORIGINS,
    cache: { maxBytes: config.CACHE_MAX_BYTES, maxFiles: config.CACHE_MAX_FILES },
    stallTimeout: config.STALL_TIMEOUT,
    maxStreamsPerClient: config.MAX_STREAMS_PER_CLIENT,
    logger: createLogger({ level: 'debug', format: 'json', write: line => log.push(line) }),
    exchanges: createExchanges({}),
    peers: undefined,
  })
  return { app: listener, directory, log }
}
