/** Checks a link as the server would. For scripts: an exit code, and one line with a code. */
import type { Command } from './command'
import { CHECK_NOTES, CHECK_OPTIONS, checkLink, readCheckOptions } from './link-check'
import { formatDate } from './time'

export const verify: Command = {
  name: 'verify',
  summary: 'check whether a link is valid now',
  operand: '<url>',
  options: CHECK_OPTIONS,
  notes: [
    'Prints VALID, or the code with which a server refuses the link, such as SIGNATURE_EXPIRED.',
    ...CHECK_NOTES,
  ],
  async run(input, effects) {
    const result = checkLink(input.operand, await readCheckOptions(input, effects))
    if (!result.valid) return { exitCode: 1, lines: [result.code], json: result }
    const { id, expires, key } = result
    const json = { valid: true, code: 'VALID', id, expires, expiresAt: formatDate(expires), key }
    return { exitCode: 0, lines: [json.code], json }
  },
}
