/** A demo over a directory of tracks that is made for the test. */
import type { RequestListener } from 'node:http'
import { createDemoApp } from '../../demo/app/app'
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
  return {
    app: createDemoApp(
      config,
      createLogger({ level: 'debug', format: 'json', write: line => log.push(line) }),
    ).listener,
    directory,
    log,
  }
}
