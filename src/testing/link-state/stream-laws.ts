/** The streams in progress of all nodes. A state without `streams` keeps these laws. */
import { expectThat } from '../mismatch'
import type { StateLab } from './lab'
import type { StateLaw } from './law'
import { expectEnd, SHORT } from './moments'

export const STREAM_LAWS: readonly StateLaw[] = [
  {
    name: 'reads what all nodes have published, and what each published last',
    async check(lab) {
      if (lab.node.streams === undefined) return
      const [a, b, ...texts] = lab.newNames(6) as [string, string, string, string, string, string]
      const [first, second, third, fourth] = texts.map(text => `{"é":"${text}"}`)
      if (first === undefined || second === undefined || third === undefined || fourth === undefined) return
      await lab.publish(a, [first, second])
      await lab.publish(b, [third])
      await expectStreams(lab, [first, second, third], [fourth])
      await lab.publish(a, [second, fourth])
      await expectStreams(lab, [second, third, fourth], [first])
      await lab.publish(b, [])
      await expectStreams(lab, [second, fourth], [third])
      await lab.publish(a, [])
      await expectStreams(lab, [], [first, second, third, fourth])
    },
  },
  {
    name: 'forgets what a node published that has ended',
    async check(lab) {
      if (lab.node.streams === undefined) return
      const [a, b, ended, other] = lab.newNames(4) as [string, string, string, string]
      await lab.publish(b, [other])
      await expectEnd(
        () => lab.publish(a, [ended], SHORT),
        async () => (await lab.readStreams()).includes(ended),
        { early: true, late: false, what: 'a node' },
      )
      await expectStreams(lab, [other], [ended])
      await lab.publish(b, [])
    },
  },
]

async function expectStreams(
  lab: StateLab,
  there: readonly string[],
  gone: readonly string[],
): Promise<void> {
  const streams = await lab.readStreams()
  for (const text of there) {
    const times = streams.filter(each => each === text).length
    expectThat(times === 1, `${text} once among the streams`, `${times} times`)
  }
  for (const text of gone) expectThat(!streams.includes(text), `${text} not among the streams`, 'it')
}
