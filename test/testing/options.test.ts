/** What the tests of sources are given, and what they make of a harness that fails. */
import { linkStateContract, sourceContract, type SourceHarness } from 'express-signed-stream/testing'
import { memoryState } from '../../src/links/state/memory-state'
import { MemoryStore } from '../support/memory-source'

const harness = new MemoryStore().harness()

function withField(name: string, value: unknown): SourceHarness {
  return { ...harness, [name]: value }
}

describe('sourceContract', () => {
  it.each([
    [withField('make', undefined), 'Cannot make sourceContract: make is missing'],
    [
      withField('put', 3),
      'Cannot make sourceContract: put must be a function (id, bytes, { type }) => void, got 3',
    ],
    [
      withField('replace', null),
      'Cannot make sourceContract: replace must be a function (id, bytes) => void, got null',
    ],
    [withField('remove', 'x'), 'Cannot make sourceContract: remove must be a function (id) => void, got "x"'],
    [
      withField('delete', () => 1),
      'Cannot make sourceContract: unknown option "delete", known are make, put, replace, remove, faults',
    ],
    [
      withField('faults', { stall: true }),
      'Cannot make sourceContract: faults.stall must be a function (id) => end, got true',
    ],
    [
      withField('faults', { crash: () => 1 }),
      'Cannot make sourceContract: faults must be an object of functions: stall, cut, deny, fail, openHandles, got the unknown field "crash"',
    ],
  ])('names the option that is wrong: %j', (options, message) => {
    expect(() => sourceContract(options)).toThrow(new TypeError(message))
  })

  it('has a test more for each fault that the storage can be made to do', () => {
    const { make, put, replace, remove, faults } = harness
    const always = sourceContract({ make, put, replace, remove })
    const names = always.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(sourceContract({ make, put, replace, remove, faults: { cut: faults?.cut } })).toHaveLength(
      names.length + 1,
    )
    expect(
      sourceContract({ make, put, replace, remove, faults: { openHandles: faults?.openHandles } }),
    ).toHaveLength(names.length)
  })
})

describe('A test of a source', () => {
  function firstTest(changed: Partial<SourceHarness>, name = 'describes an empty track as one of 0 bytes') {
    const test = sourceContract({ ...harness, ...changed }).find(each => each.name === name)
    return test?.run()
  }

  it.each([[undefined], [null], [{}], [{ open: 3 }]])('says so if make returns %j', async source => {
    await expect(firstTest({ make: () => source as never })).rejects.toThrow(
      'A source describes an empty track as one of 0 bytes: expected make to return a source with a method open, got',
    )
  })

  it('says what the storage threw', async () => {
    const cause = new Error('disk full')
    const failing = firstTest({ put: () => Promise.reject(cause) })
    await expect(failing).rejects.toThrow('expected no error, got the error Error: disk full')
    await expect(failing).rejects.toMatchObject({ cause })
  })

  it('does not hide why it failed behind a storage that cannot clean up', async () => {
    const remove: SourceHarness['remove'] = jest.fn().mockRejectedValue(new Error('read only'))
    await expect(firstTest({ put: () => undefined, remove })).rejects.toThrow(
      'expected a track, got undefined',
    )
    await expect(firstTest({ remove })).rejects.toThrow('read only')
  })

  it('ends a test of a source that never answers', async () => {
    const source = { open: () => new Promise<never>(() => undefined) }
    await expect(firstTest({ make: () => source })).rejects.toThrow(
      'expected open to settle within 4 s, got nothing',
    )
  })
})

describe('linkStateContract', () => {
  it('names the option that is wrong', () => {
    expect(() => linkStateContract({} as never)).toThrow(
      new TypeError('Cannot make linkStateContract: make is missing'),
    )
    expect(() => linkStateContract({ make: () => memoryState(), forget: true as never })).toThrow(
      new TypeError('Cannot make linkStateContract: forget must be a function () => void, got true'),
    )
  })

  it('has only the tests of revocations for a state that keeps nothing else', async () => {
    const { revocations } = memoryState()
    const tests = linkStateContract({ make: () => ({ revocations }), only: 'revocations' })
    expect(tests.length).toBeGreaterThan(5)
    for (const { run } of tests) await run()
    const [all] = linkStateContract({ make: () => ({ revocations }) })
    await expect(all?.run()).rejects.toThrow(
      'expected make to return a state with begin, hold and revocations',
    )
    const [none] = linkStateContract({ make: () => ({}) as never, only: 'revocations' })
    await expect(none?.run()).rejects.toThrow('expected make to return a state with revocations, got')
    expect(() => linkStateContract({ make: () => memoryState(), only: 'uses' as never })).toThrow(
      'only must be "revocations", got "uses"',
    )
  })

  it('has a test more for a state that can be made to forget', () => {
    const always = linkStateContract({ make: () => memoryState() })
    const tests = linkStateContract({ make: () => memoryState(), forget: () => undefined })
    expect(tests).toHaveLength(always.length + 1)
    expect(new Set(tests.map(({ name }) => name)).size).toBe(tests.length)
  })

  it.each([[undefined], [null], [{}], [{ begin: 1, hold: 2, revocations: 3 }]])(
    'says so if make returns %j',
    async state => {
      const [test] = linkStateContract({ make: () => state as never })
      await expect(test?.run()).rejects.toThrow(
        'expected make to return a state with begin, hold and revocations, got',
      )
    },
  )
})
