/** Revokes one listener after another in the file `argv[2]`, and prints the name of each that is saved, until it is killed. */
import { fileState } from '../../../src'

const [, , file = '', name = ''] = process.argv
const { revocations } = fileState({ file })

async function revokeAll(): Promise<never> {
  for (let count = 0; ; count++) {
    const entry = {
      kind: 'listener',
      value: `${name}-${count}`,
      before: 1,
      until: undefined,
      endsStreams: true,
    } as const
    await revocations.add(entry, { max: 1_000_000, now: 1 })
    process.stdout.write(`${entry.value}\n`)
  }
}

void revokeAll()
