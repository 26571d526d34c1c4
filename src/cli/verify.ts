/** Judges a link as the server would, for scripts: an exit code and a code. */
import type { Command } from './command'
import { JUDGING_NOTES, JUDGING_OPTIONS, judgeLink, readCircumstances } from './judging'
import { isoDate } from './moment'

export const verify: Command = {
  name: 'verify',
  summary: 'say whether a link is valid now',
  operand: '<url>',
  options: JUDGING_OPTIONS,
  notes: [
    'Prints VALID, or the code by which a server refuses the link, such as SIGNATURE_EXPIRED.',
    ...JUDGING_NOTES,
  ],
  async run(input, world) {
    const judgement = judgeLink(input.operand, await readCircumstances(input, world))
    if (!judgement.valid) return { exitCode: 1, lines: [judgement.code], json: judgement }
    const { id, expires, key } = judgement
    const json = { valid: true, code: 'VALID', id, expires, expiresAt: isoDate(expires), key }
    return { exitCode: 0, lines: [json.code], json }
  },
}
