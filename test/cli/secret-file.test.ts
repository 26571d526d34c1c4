/** Files that contain the secret: how much of them is read, and who else may read them. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { readFileStart, readStreamStart } from '../../src/cli/read-start'
import { makeTrackDirectory, SECRET } from '../support/tracks'
import { linkTo, run } from './support'

const LIMIT = 65_537
const args = ['verify', linkTo('track1'), '--secret-file', 'key']

const files = makeTrackDirectory()
afterAll(files.remove)

describe('the start of a file', () => {
  it.each([0o600, 0o640, 0o604])('has the mode of the file: %d', async mode => {
    const file = files.write('mode', SECRET)
    chmodSync(file, mode)
    expect(await readFileStart(file, LIMIT)).toMatchObject({ mode })
  })

  it('is the whole of a short one', async () => {
    const { bytes } = await readFileStart(files.write('short', SECRET), LIMIT)
    expect(bytes.toString()).toBe(SECRET)
  })

  it('is all that is read of a long one', async () => {
    const { bytes } = await readFileStart(files.write('long', 'x'.repeat(200_000)), LIMIT)
    expect(bytes).toHaveLength(LIMIT)
  })

  it.each(['/dev/zero', '/dev/urandom'])('is all that is read of %s', async device => {
    expect(await readFileStart(device, LIMIT)).toEqual({
      bytes: expect.objectContaining({ length: LIMIT }) as Buffer,
      mode: undefined,
    })
  })

  it('of a named pipe is all that is read of it, in parts', async () => {
    const pipe = join(files.path, 'pipe')
    execFileSync('mkfifo', [pipe])
    // More than the buffer of a pipe, so that one read cannot return all of it.
    const writer = spawn('sh', ['-c', 'exec head -c 1000000 /dev/zero >"$0"', pipe])
    const ended = once(writer, 'close')
    const { bytes, mode } = await readFileStart(pipe, LIMIT)
    expect([bytes.length, mode]).toEqual([LIMIT, undefined])
    await ended
  })

  it('of a directory or a missing file fails with the code of the system', async () => {
    await expect(readFileStart(files.path, LIMIT)).rejects.toMatchObject({ code: 'EISDIR' })
    await expect(readFileStart(join(files.path, 'none'), LIMIT)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('the start of a stream', () => {
  it('is all that is taken of one without an end', async () => {
    let given = 0
    let isClosed = false
    async function* endless() {
      try {
        for (;;) {
          given++
          yield await Promise.resolve(Buffer.alloc(1000))
        }
      } finally {
        isClosed = true
      }
    }
    const { bytes } = await readStreamStart(endless(), LIMIT)
    expect([bytes.length, given, isClosed]).toEqual([LIMIT, 66, true])
  })
})

function reading(secret: string, mode: number | undefined) {
  return () => Promise.resolve({ bytes: Buffer.from(secret), mode })
}

describe('a secret', () => {
  it('of 64 KiB is the longest', async () => {
    const longest = 'x'.repeat(65_536)
    expect((await run(args, { files: { key: longest } })).exitCode).toBe(1)
    expect(await run(args, { files: { key: `${longest}x` } })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'express-signed-stream: The secret in key is too large: 65536 bytes at most\n',
    })
  })

  it('is read with a limit', async () => {
    const read = jest.fn(reading(SECRET, undefined))
    await run(args, { host: { read } })
    expect(read.mock.calls).toEqual([['key', LIMIT]])
  })

  it.each(['0644', '0640', '0604', '0660', '0620', '0777'])(
    'to which others have access by mode %s works, and is reported',
    async mode => {
      expect(await run(args, { host: { read: reading(SECRET, parseInt(mode, 8)) } })).toEqual({
        exitCode: 0,
        stdout: 'VALID\n',
        stderr:
          'express-signed-stream: Other users have access to the secret in key ' +
          `(mode ${mode}): restrict it with chmod 600\n`,
      })
    },
  )

  it.each([
    ['of its owner alone, by mode 0600,', 0o600],
    ['of its owner alone, by mode 0400,', 0o400],
    ['of its owner alone, by mode 0700,', 0o700],
    ['of a pipe', undefined],
  ])('%s is not reported', async (_what, mode) => {
    expect(await run(args, { host: { read: reading(SECRET, mode) } })).toEqual({
      exitCode: 0,
      stdout: 'VALID\n',
      stderr: '',
    })
  })

  it.each(['EACCES', 'EIO', 'EISDIR', 'ELOOP', 'ENXIO'])(
    'that cannot be read for %s is refused',
    async code => {
      const failure = Object.assign(new Error(code), { code })
      expect(await run(args, { host: { read: () => Promise.reject(failure) } })).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `express-signed-stream: Cannot read --secret-file: ${code}\n`,
      })
    },
  )

  it('that is refused is reported too', async () => {
    const { exitCode, stderr } = await run(args, { host: { read: reading('short', 0o644) } })
    expect([exitCode, stderr.split('\n')]).toEqual([
      2,
      [expect.stringContaining('mode 0644'), expect.stringContaining('at least 16 bytes'), ''],
    ])
  })
})
