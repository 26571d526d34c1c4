/**
 * Ends what the tests of a file have started, last first, after all of them; also if starting the rest has failed,
 * so that a missing program fails its suite and does not hang it.
 */
export function makeEnder(): (end: () => unknown) => void {
  const ends: (() => unknown)[] = []
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  return end => {
    ends.push(end)
  }
}
