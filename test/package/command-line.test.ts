/** The program as its users get it: from the tarball, by npx. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, run } from './packed'
import { useProject } from './projects'

jest.setTimeout(120_000)

const project = useProject('command-line')

function npx(...args: string[]): Promise<string> {
  return run(project, 'npx', '--no-install', 'express-signed-stream', ...args)
}

describe('express-signed-stream, installed in an empty project,', () => {
  it('prints what it can do', async () => {
    expect(await npx('--help')).toMatch(/^Usage: express-signed-stream <command>/)
  })

  it('is of the version that was packed', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await npx('--version')).toBe(`${version}\n`)
  })

  it('signs with the secret that it made what the package then verifies', async () => {
    const secret = await npx('keygen')
    writeFileSync(join(project, 'key'), secret)
    const link = await npx('sign', 'track1', '--expires-in', '1h', '--secret-file', 'key')
    expect(await npx('verify', link.trim(), '--secret-file', 'key')).toBe('VALID\n')
    const script = `console.log(require('express-signed-stream').verifySignedUrl(process.argv[1], { secret: process.argv[2] }).valid)`
    expect(await run(project, process.execPath, '-e', script, link.trim(), secret.trim())).toBe('true\n')
  })
  it('has the vectors at a path that a test of another program can require', async () => {
    const script = `console.log(require('express-signed-stream/vectors/verify.json').numberOfTests)`
    expect(Number(await run(project, process.execPath, '-e', script))).toBeGreaterThan(250)
  })
  it('feeds its vectors to a signer', async () => {
    const echo = ['--', process.execPath, '-e', 'process.stdin.pipe(process.stdout)']
    await expect(npx('conformance', ...echo)).rejects.toThrow(/Failed: 0 of \d+ links are right\n.*number 1:/)
  })
})
