import { PassThrough } from 'node:stream'
import { createLogger, hideSignatures } from '../../demo/process/logger'
import { gatherLines } from '../../demo/process/gather-lines'
import { passWholeLines } from '../../demo/workers/whole-lines'

const SIGNATURE = '48b8dbc12a7422917d6016e43d021bd26f40a0cceea290481f5b9a714716719d'

describe('gatherLines', () => {
  it('writes the lines of a moment at once, and all of them in their order', async () => {
    const written = await new Promise<string>(resolve => {
      const lines = gatherLines(resolve)
      for (const line of ['one', 'two', 'three']) lines.add(line)
    })
    expect(written).toBe('one\ntwo\nthree\n')
  })

  it('writes at once what is much, and what is left when it is flushed', () => {
    const written: string[] = []
    const lines = gatherLines(text => written.push(text))
    lines.add('a'.repeat(20_000))
    lines.add('b')
    lines.flush()
    lines.flush()
    expect(written).toEqual([`${'a'.repeat(20_000)}\n`, 'b\n'])
  })
})

describe('passWholeLines', () => {
  it('passes on lines only when they are complete, and drops one that never is', () => {
    const from = new PassThrough()
    const written: string[] = []
    passWholeLines(from, lines => written.push(lines))
    const bytes = Buffer.from('{"a":"é"}\n{"b":1}\n{"c":')
    for (const byte of bytes) from.write(Buffer.from([byte]))
    from.end()
    expect(written).toEqual(['{"a":"é"}', '{"b":1}'])
  })

  it('drops a line without an end, however long it is, and passes on those after it', () => {
    const from = new PassThrough()
    const written: string[] = []
    passWholeLines(from, lines => written.push(lines))
    from.write('{"a":1}\n{"b":"')
    for (let count = 0; count < 40; count += 1) from.write('b'.repeat(64 * 1024))
    from.write('b"}\n{"c":1}\n{"d":')
    from.write('1}\n')
    for (let count = 0; count < 40; count += 1) from.write('e'.repeat(64 * 1024))
    from.write('e\n')
    from.write('{"f":1}\n')
    expect(written).toEqual(['{"a":1}', '{"c":1}', '{"d":1}', '{"f":1}'])
  })

  it('does not fail with the pipe', () => {
    const from = new PassThrough()
    passWholeLines(from, () => undefined)
    expect(() => from.emit('error', new Error('EIO'))).not.toThrow()
  })
})

describe('a line of the log', () => {
  it('holds no signature, wherever it begins', () => {
    for (let before = 0; before < 130; before += 1) {
      const text = `${'.'.repeat(before)}${SIGNATURE}.`
      expect(hideSignatures(text)).toBe(`${'.'.repeat(before)}48b8dbc1….`)
      expect(hideSignatures(text.toUpperCase())).not.toContain('2A7422917D6016E4')
    }
    expect(hideSignatures(SIGNATURE.slice(1))).toBe(SIGNATURE.slice(1))
  })

  it('has the time of its event, also if many are in one millisecond', () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'info', format: 'json', write: line => lines.push(line) })
    const before = Date.now()
    for (let count = 0; count < 1000; count += 1) logger.info({ count }, 'x')
    const times = lines.map(line => Date.parse((JSON.parse(line) as { time: string }).time))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(before)
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now())
    expect(times).toEqual([...times].sort((one, other) => one - other))
  })
})
