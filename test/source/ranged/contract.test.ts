/** The laws of sources, for both sources of ranges. */
import { httpSource } from 'express-signed-stream/http'
import { s3Source } from 'express-signed-stream/s3'
import { sourceContract, type SourceHarness } from 'express-signed-stream/testing'
import { makeEnder } from '../../support/at-the-end'
import { startFakeStore, type FakeStore, type Fault } from '../../support/fake-store'
import type { MakeSource } from './ranged-faces'

const atTheEnd = makeEnder()
let store: FakeStore
beforeAll(async () => {
  store = await startFakeStore()
  atTheEnd(() => store[Symbol.asyncDispose]())
})

/** Keys have no extension, so that the type is that of the object. */
const SOURCES: readonly (readonly [string, MakeSource])[] = [
  ['s3Source', fake => s3Source({ client: fake.client(), bucket: fake.bucket, resolve: id => id })],
  ['httpSource', fake => httpSource({ url: id => fake.urlOf(id) })],
]

function harnessOf(make: MakeSource): SourceHarness {
  function fault(happening: Fault, id?: string): () => void {
    store.everyFault = ({ key }) => (id === undefined || key === id ? happening : undefined)
    return () => {
      store.everyFault = undefined
    }
  }
  return {
    make: () => make(store),
    put: (id, bytes, { type }) => store.put(id, bytes, { type }),
    replace: (id, bytes) => store.put(id, bytes),
    remove: id => {
      store.remove(id)
    },
    faults: {
      stall: id => fault({ stallAfter: 1000 }, id),
      cut: id => fault({ cutAfter: 1000 }, id),
      deny: () => fault({ status: 403, code: 'AccessDenied' }),
      fail: () => fault({ status: 503, code: 'SlowDown' }),
      openHandles: () => store.busySockets(),
    },
  }
}

describe.each(SOURCES)('%s', (_name, make) => {
  for (const { name, run } of sourceContract(harnessOf(make))) test(name, run)
})
