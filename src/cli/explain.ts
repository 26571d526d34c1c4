/** Explains why a link is refused. Never shows a signature: the correct one for a refused link would open the track. */
import type { Command } from './command'
import { explainLink, type Explanation } from './explain/explanation'
import { CHECK_NOTES, CHECK_OPTIONS, readCheckOptions } from './link-check'
import { formatDate } from './time'

export const explain: Command = {
  name: 'explain',
  summary: 'say why a link is refused, or until when it is valid',
  operand: '<url>',
  options: CHECK_OPTIONS,
  notes: [
    'Also tries common mistakes in the link, in the signer and in the secret, and reports those that it finds: ' +
      'a link that a mail program escaped, milliseconds, a signed file extension, a secret with a line break, and so on.',
    ...CHECK_NOTES,
  ],
  async run(input, effects) {
    const explanation = explainLink(input.operand, await readCheckOptions(input, effects))
    const isValid = explanation.result.valid
    return { exitCode: isValid ? 0 : 1, lines: formatLines(explanation), json: toJson(explanation) }
  },
}

function formatLines({ result, findings }: Explanation): string[] {
  const verdict = result.valid ? 'Valid' : `Refused: ${result.code}`
  return [verdict, ...findings.map(({ text }) => `- ${text}`)]
}

function toJson({ result, findings }: Explanation): object {
  if (!result.valid) return { ...result, findings }
  const { id, expires, key } = result
  return { valid: true, code: 'VALID', id, expires, expiresAt: formatDate(expires), key, findings }
}
