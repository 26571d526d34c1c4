/** Makes a secret and prints nothing else, so that `SECRET_KEY=$(express-signed-stream keygen)` works. */
import type { Command } from './command'

/** The length of the output of HMAC-SHA256 (RFC 2104, section 3). In hex, which no shell, file or environment changes. */
const SECRET_BYTES = 32

export const keygen: Command = {
  name: 'keygen',
  summary: 'make a secret',
  options: {},
  notes: [
    'Prints 32 random bytes as 64 hexadecimal digits, and nothing else:',
    '  SECRET_KEY=$(express-signed-stream keygen)',
    'Give the same 64 characters to the server and the signer; do not decode them.',
  ],
  run(_input, { randomBytes }) {
    const secret = randomBytes(SECRET_BYTES).toString('hex')
    return { exitCode: 0, lines: [secret], json: { secret } }
  },
}
