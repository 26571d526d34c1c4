/** The state in memory keeps every law of states of links. */
import { linkStateContract } from 'express-signed-stream/testing'
import { memoryState } from '../../src/links/state/memory-state'

describe('The state in memory', () => {
  const state = memoryState()

  for (const { name, run } of linkStateContract({ make: () => state })) test(name, run)
})
