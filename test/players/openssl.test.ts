/** Another program's signatures, by the command that docs/links.md prints and for texts and secrets of any kind. */
import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { computeSignature, verifySignedUrl } from 'express-signed-stream'
import { SECRET } from '../support/tracks'

const NOW = 1_609_459_200
const IDS = ['track1', 'a', '-_-', 'été_2026', 'песня', '歌曲', 'गीता', '٣७Ⅷ½', '𝒜𐐷', 'x'.repeat(128)]

/** HMAC-SHA256 in hex. */
function openssl(macOptions: readonly string[], text: string): string {
  const output = execFileSync('openssl', ['dgst', '-sha256', ...macOptions], {
    input: text,
    encoding: 'utf8',
  })
  return /[0-9a-f]{64}/.exec(output)?.[0] ?? output
}

describe('openssl', () => {
  it.each(IDS)('signs %s as we do', id => {
    expect(openssl(['-hmac', SECRET], `${id}|${NOW}`)).toBe(computeSignature(SECRET, id, NOW))
  })

  it.each([
    ['64 bytes', 'k'.repeat(64)],
    ['65 bytes', 'k'.repeat(65)],
    ['text beyond ASCII', 'clé-très-secrète-de-32-octets-ou-plus'],
  ])('signs by a secret of %s as we do', (_what, secret) => {
    expect(openssl(['-hmac', secret], `track1|${NOW}`)).toBe(computeSignature(secret, 'track1', NOW))
  })

  it('signs by a secret of any bytes as we do', () => {
    const secret = Uint8Array.from({ length: 48 }, (_, index) => 255 - index * 5)
    const hexKey = Buffer.from(secret).toString('hex')
    const signed = openssl(['-mac', 'HMAC', '-macopt', `hexkey:${hexKey}`], `track1|${NOW}`)
    expect(signed).toBe(computeSignature(secret, 'track1', NOW))
  })

  it('signs by the commands of docs/links.md', () => {
    const page = readFileSync(join(__dirname, '../../docs/links.md'), 'utf8')
    const script = /```sh\n(.*?)```/s.exec(page)?.[1] ?? ''
    const env = { ...process.env, SECRET_KEY: SECRET }
    const link = execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).trim()
    expect(verifySignedUrl(link, { secret: SECRET })).toMatchObject({ valid: true, grant: { id: 'track1' } })
  })
})
