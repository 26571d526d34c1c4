import { run } from './support'

describe('keygen', () => {
  it('prints 32 random bytes in hexadecimal digits and nothing else', async () => {
    expect(await run(['keygen'], { environment: {} })).toEqual({
      exitCode: 0,
      stdout: `${'ab'.repeat(32)}\n`,
      stderr: '',
    })
  })

  it('prints them as JSON', async () => {
    expect((await run(['keygen', '--json'])).stdout).toBe(`{"secret":"${'ab'.repeat(32)}"}\n`)
  })
})
