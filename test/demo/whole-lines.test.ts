/** The lines of several workers in one log: each is whole, or is left out. */
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { passWholeLines } from '../../demo/workers/whole-lines'

const LONGEST = 1024 * 1024

/** What is written of `chunks`, one after the other. */
async function written(...chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const from = new PassThrough()
  const lines: string[] = []
  passWholeLines(from, text => lines.push(text))
  for (const chunk of chunks) from.write(chunk)
  from.end()
  await once(from, 'end')
  return lines
}

it('are passed on when they are complete, several together', async () => {
  expect(await written('one\ntwo\nth', 'ree', '\nfour\n')).toEqual(['one\ntwo', 'three\nfour'])
})

it('are no part of a character', async () => {
  const line = Buffer.from('déjà vu\n')
  const chunks = Array.from(line, byte => Buffer.of(byte))
  expect(await written(...chunks)).toEqual(['déjà vu'])
})

it('are left out if their worker ends before it has completed them', async () => {
  expect(await written('whole\n', 'half')).toEqual(['whole'])
})

it.each([
  ['in one piece', ['a'.repeat(LONGEST + 1)]],
  ['in pieces', Array.from({ length: 5 }, () => 'a'.repeat(LONGEST / 2))],
])('are left out if they have more than a MiB %s, and the next one is not', async (_how, long) => {
  expect(await written('before\n', ...long, 'end\nafter\nlast\n')).toEqual(['before', 'after\nlast'])
  expect(await written(...long, 'end\n', 'after\n')).toEqual(['after'])
})

it('may have a MiB', async () => {
  const line = 'a'.repeat(LONGEST)
  expect(await written(line, '\n')).toEqual([line])
})

it('end with a pipe that breaks', async () => {
  const from = new PassThrough()
  const lines: string[] = []
  passWholeLines(from, text => lines.push(text))
  const read = once(from, 'data')
  from.write('whole\nhalf')
  await read
  const closed = new Promise(resolve => from.once('close', resolve))
  from.destroy(new Error('EPIPE'))
  await closed
  expect(lines).toEqual(['whole'])
})
