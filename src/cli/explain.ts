/** Says in plain words what is wrong with a link. Shows no signature: the right one for a refused link would open it. */
import type { Command } from './command'
import { explainLink, type Explanation } from './explain/explanation'
import { JUDGING_NOTES, JUDGING_OPTIONS, readCircumstances } from './judging'
import { isoDate } from './moment'

export const explain: Command = {
  name: 'explain',
  summary: 'say in plain words why a link is refused, or until when it is good',
  operand: '<url>',
  options: JUDGING_OPTIONS,
  notes: [
    'Tries common mistakes too, of the link, of what was signed, and of the secret, and names those that it finds: ' +
      'a link that a mail program escaped, milliseconds, an extension, a secret with a line break, and so on.',
    ...JUDGING_NOTES,
  ],
  async run(input, world) {
    const explanation = explainLink(input.operand, await readCircumstances(input, world))
    const isValid = explanation.judgement.valid
    return { exitCode: isValid ? 0 : 1, lines: inLines(explanation), json: inFields(explanation) }
  },
}

function inLines({ judgement, findings }: Explanation): string[] {
  const verdict = judgement.valid ? 'Valid' : `Refused: ${judgement.code}`
  return [verdict, ...findings.map(({ text }) => `- ${text}`)]
}

function inFields({ judgement, findings }: Explanation): object {
  if (!judgement.valid) return { ...judgement, findings }
  const { id, expires, key } = judgement
  return { valid: true, code: 'VALID', id, expires, expiresAt: isoDate(expires), key, findings }
}
