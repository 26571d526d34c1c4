import { Budget, type Displaceable } from '../../../src/source/memory/budget'

/** Something idle that has taken `bytes` of `budget`. */
function hold(budget: Budget, bytes: number): Displaceable {
  if (!budget.take(bytes)) throw new Error('There is no room')
  const held = {
    isIdle: true,
    drop() {
      budget.remove(held)
      budget.free(bytes)
    },
  }
  budget.noteUse(held)
  return held
}

describe('Budget', () => {
  it('takes no more than there is', () => {
    const budget = new Budget(100)
    expect([60, 41, 40, 1].map(bytes => budget.take(bytes))).toEqual([true, false, true, false])
    budget.free(40)
    expect(budget.take(41)).toBe(false)
    expect(budget.take(40)).toBe(true)
  })

  it('displaces as much as is needed, and no more', () => {
    const budget = new Budget(100)
    for (let count = 0; count < 4; count++) hold(budget, 25)
    expect(budget.take(50)).toBe(true)
    expect(budget.usedBytes).toBe(100)
    expect(budget.take(51)).toBe(false)
  })

  it('displaces what is used again after it was removed', () => {
    const budget = new Budget(100)
    const held = hold(budget, 100)
    budget.remove(held)
    expect(budget.take(1)).toBe(false)
    budget.noteUse(held)
    expect(budget.take(1)).toBe(true)
  })
})
