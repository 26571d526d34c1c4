/** What nodes publish of their streams in progress. */
import type { LinkState } from '../link-state'
import { durationArgument } from './arguments'
import type { Evaluate } from './evaluate'
import { parseJson, readTexts, readWord } from './replies'
import { PUBLISH_SCRIPT, READ_STREAMS_SCRIPT } from './stream-scripts'

/** Of one node; the rest is left out. */
const MAX_STREAMS = 1000

export class RedisStreams implements NonNullable<LinkState['streams']> {
  readonly #evaluate: Evaluate
  readonly #keys: readonly string[]

  constructor(evaluate: Evaluate, name: string) {
    this.#evaluate = evaluate
    this.#keys = [name, `${name}:texts`]
  }

  async publish(node: string, streams: readonly string[], seconds: number): Promise<void> {
    const text = JSON.stringify(streams.slice(0, MAX_STREAMS))
    const reply = await this.#evaluate(PUBLISH_SCRIPT, this.#keys, [node, text, durationArgument(seconds)])
    readWord(reply, ['there'])
  }

  async read(): Promise<readonly string[]> {
    const reply = await this.#evaluate(READ_STREAMS_SCRIPT, this.#keys, [])
    return readTexts(reply).flatMap(text => readTexts(parseJson(text)))
  }
}
