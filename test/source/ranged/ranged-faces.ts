/** The two sources of ranges, over the same fake store. */
import { httpSource } from 'express-signed-stream/http'
import { s3Source } from 'express-signed-stream/s3'
import type { TrackSource } from '../../../src/source/track-source'
import type { FakeStore } from '../../support/fake-store'

export type MakeSource = (store: FakeStore) => TrackSource

/** By name; both find `{id}.mp3`. */
export const SOURCES: readonly (readonly [string, MakeSource])[] = [
  ['s3Source', store => s3Source({ client: store.client(), bucket: store.bucket })],
  ['httpSource', store => httpSource({ url: id => store.urlOf(`${id}.mp3`) })],
]
