import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Roster } from '../src/roster'

it('has its members in the order in which they came', () => {
  const roster = new Roster<string>()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(member => roster.add(member))
  expect([roster.size, roster.all()]).toEqual([4, ['a', 'b', 'c', 'd']])
  expect([roster.remove(b), roster.all()]).toEqual([true, ['a', 'c', 'd']])
  expect([roster.remove(a), roster.all()]).toEqual([true, ['c', 'd']])
  expect([roster.remove(d), roster.all()]).toEqual([true, ['c']])
  roster.add('e')
  expect([roster.remove(c), roster.size, roster.all()]).toEqual([true, 1, ['e']])
})

it('removes a member once', () => {
  const roster = new Roster<string>()
  const entry = roster.add('a')
  roster.add('b')
  roster.remove(entry)
  expect([roster.remove(entry), roster.remove(undefined), roster.all()]).toEqual([false, false, ['b']])
})

it('gives the one that came first', () => {
  const roster = new Roster<string>()
  roster.add('a')
  const entry = roster.add('b')
  expect([roster.shift(), roster.all()]).toEqual(['a', ['b']])
  expect([roster.shift(), roster.remove(entry), roster.shift(), roster.size]).toEqual([
    'b',
    false,
    undefined,
    0,
  ])
})

it('lets members go while it is looked at', () => {
  const roster = new Roster<number>()
  const entries = [1, 2, 3].map(member => roster.add(member))
  const seen = roster.all().map(member => {
    for (const entry of entries) roster.remove(entry)
    return member
  })
  expect([seen, roster.size]).toEqual([[1, 2, 3], 0])
})

// Of 20 MB; a Set keeps 12.
it('keeps nothing of members that have gone from minor collections of garbage', () => {
  const program = join(__dirname, 'support', 'gone-members.ts')
  const parameters = ['--expose-gc', '-r', join(__dirname, 'support', 'run-typescript.js'), program]
  const bytes = Number(execFileSync(process.execPath, parameters, { encoding: 'utf8' }))
  expect(bytes).toBeLessThan(4_000_000)
})
