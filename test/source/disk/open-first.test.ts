/** How many trips to the storage it takes to find the file of an id that may have one of several names. */
import { FirstName } from '../../../src/source/disk/open-first'

const NAMES = ['id.mp3', 'id.m4a', 'id.flac', 'id.wav']

/** A storage that answers all openings of a trip together. */
class Library {
  readonly files: Set<string>
  readonly trips: string[][] = []
  readonly released: string[] = []
  readonly names = new FirstName<string>(opened => {
    this.released.push(opened)
  })

  constructor(...files: readonly string[]) {
    this.files = new Set(files)
  }

  async open(): Promise<string | undefined> {
    this.trips.length = 0
    this.released.length = 0
    let trip: string[] | undefined
    return this.names.open(NAMES, async name => {
      if (trip === undefined) {
        trip = []
        this.trips.push(trip)
        setImmediate(() => (trip = undefined))
      }
      trip.push(name)
      await new Promise(setImmediate)
      if (name.endsWith('.m4a') && this.files.has('fault')) throw new Error('EIO')
      return this.files.has(name) ? name : undefined
    })
  }
}

describe('A file with one of several names', () => {
  it('is found by one trip if it has the first', async () => {
    const library = new Library('id.mp3')
    expect(await library.open()).toBe('id.mp3')
    expect(library.trips).toEqual([['id.mp3']])
  })

  it('is found by two trips if it has another, and by one from then on', async () => {
    const library = new Library('id.flac')
    expect(await library.open()).toBe('id.flac')
    expect(library.trips).toEqual([['id.mp3'], ['id.m4a', 'id.flac', 'id.wav']])
    expect(await library.open()).toBe('id.flac')
    expect(library.trips).toEqual([['id.mp3', 'id.m4a', 'id.flac']])
  })

  it('is the first that exists, and the others are released', async () => {
    const library = new Library('id.flac')
    await library.open()
    library.files.add('id.m4a')
    expect(await library.open()).toBe('id.m4a')
    expect(library.released).toEqual(['id.flac'])
    expect(await library.open()).toBe('id.m4a')
    expect(library.released).toEqual([])
  })

  it('is known to be absent after two trips', async () => {
    const library = new Library()
    expect(await library.open()).toBeUndefined()
    expect(library.trips).toHaveLength(2)
  })

  it('is not replaced by a later one while the storage cannot tell whether it exists', async () => {
    const library = new Library('id.flac')
    await library.open()
    library.files.add('fault')
    await expect(library.open()).rejects.toThrow('EIO')
    expect(library.released).toEqual(['id.flac'])
  })
})
