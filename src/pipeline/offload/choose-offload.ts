/** Reads what `offload` asks for, beside the options that it does not go with. */
import type { ResponseHeaders } from '../../http/response-plan'
import { optionError } from '../../options'
import type { Source } from '../../source/source'
import type { TrackSettings } from '../track-options'
import { createOffloadToProxy, type OffloadToProxy } from './offload-to-proxy'
import { createOffloadToStore, type OffloadToStore } from './offload-to-store'

export interface Offload {
  readonly toProxy?: OffloadToProxy
  readonly toStore?: OffloadToStore
}

/**
 * @param maker of what serves the tracks
 * @param extraHeaders fields that every response carries besides
 * @throws TypeError that names the option that `offload` does not go with
 */
export function chooseOffload(
  maker: string,
  { offload, entityTag }: Pick<TrackSettings, 'offload' | 'entityTag'>,
  source: Source,
  extraHeaders?: ResponseHeaders,
): Offload | undefined {
  if (offload === undefined) return undefined
  if (offload.kind === 'redirect') return { toStore: createOffloadToStore(offload, extraHeaders) }
  function refuse(problem: string): never {
    throw optionError(TypeError, `make ${maker}`, 'offload', `of kind '${offload?.kind ?? ''}' ${problem}`)
  }

  if (source.directory === undefined) refuse('needs tracks that are files: give dir, or a fileSource')
  if (offload.kind === 'x-accel-redirect' && entityTag === 'content') {
    refuse("does not go with entityTag: 'content', as the proxy has a tag of its own")
  }
  return { toProxy: createOffloadToProxy(offload, source.directory, extraHeaders) }
}
