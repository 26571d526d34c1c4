/** The files of a directory behind each kind of source, for suites that every source must pass. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  createStreamHandler,
  fileSource,
  rangeStream,
  streamErrorHandler,
  type TrackSource,
} from 'express-signed-stream'
import { httpSource } from 'express-signed-stream/http'
import { s3Source } from 'express-signed-stream/s3'
import { AUDIO_EXTENSIONS, audioExtensionOf, mediaTypeOf } from '../../src/http/media-type'
import { namesOfId } from '../../src/source/disk/track-names'
import { startFakeStore } from './fake-store'
import { SECRET } from './tracks'
import { listen, type RunningServer } from './server'

export interface DirectorySource extends AsyncDisposable {
  readonly source: TrackSource
}

/** Milliseconds, as long as for files. */
const trustFor = 1000

export const DIRECTORY_SOURCES: readonly (readonly [
  string,
  (directory: string) => Promise<DirectorySource>,
])[] = [
  ['a source of an app', openForeign],
  ['an HTTP origin', openOrigin],
  ['S3', openBucket],
]

/** Serves the tracks of `directory` at `/stream`, from a source. */
export async function serveFrom(
  open: (directory: string) => Promise<DirectorySource>,
  directory: string,
): Promise<RunningServer> {
  const opened = await open(directory)
  const handler = createStreamHandler({ source: opened.source, secret: SECRET, path: '/stream' })
  const running = await listen(handler)
  async function close(): Promise<void> {
    await running.close()
    await opened[Symbol.asyncDispose]()
  }
  return { ...running, close, [Symbol.asyncDispose]: close }
}

/** Hides that it is ours, so it is served as a source of an app. */
function openForeign(directory: string): Promise<DirectorySource> {
  const files = fileSource({ dir: directory })
  const source: TrackSource = {
    trustFor,
    locate: (id, context) => files.locate?.(id, context),
    open: (id, context) => files.open(id, context),
  }
  return Promise.resolve({ source, [Symbol.asyncDispose]: () => Promise.resolve() })
}

export async function openOrigin(directory: string): Promise<DirectorySource> {
  const serve = rangeStream({ dir: directory, unsigned: true })
  const writeError = streamErrorHandler()
  const running = await listen((req, res) => {
    serve(req, res, error => {
      writeError(error, req, res, () => res.destroy())
    })
  })
  const source = httpSource({ url: id => `${running.origin}/${encodeURIComponent(id)}`, trustFor })
  return { source, [Symbol.asyncDispose]: () => running.close() }
}

async function openBucket(directory: string): Promise<DirectorySource> {
  const store = await startFakeStore()
  store.everyFault = ({ key }) => {
    try {
      const file = join(directory, key)
      store.put(key, readFileSync(file), { type: typeOf(key), lastModified: statSync(file).mtime })
    } catch {
      store.remove(key)
    }
    return undefined
  }
  const source = s3Source({
    client: store.client(),
    bucket: store.bucket,
    resolve: id => findName(directory, id),
    trustFor,
  })
  return { source, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

function typeOf(key: string): string {
  const extension = audioExtensionOf(key)
  return extension === undefined ? 'application/octet-stream' : mediaTypeOf(extension)
}

function findName(directory: string, id: string): string | undefined {
  const names = namesOfId(id, AUDIO_EXTENSIONS).map(({ name }) => name)
  return names.find(name => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile() === true)
}
