/** Explains why a link is refused. Never shows a signature: the correct one for a refused link would open the track. */
import type { Command } from './command'
import { explainLink } from './explain/explanation'
import { CHECK_NOTES, CHECK_OPTIONS, readCheckOptions } from './link-check'
import { toLinkJson } from './link-json'

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
    const options = await readCheckOptions(input, effects)
    const { result, findings } = explainLink(input.operand, options)
    const verdict = result.kind === 'valid' ? 'Valid' : `Refused: ${result.code}`
    return {
      exitCode: result.kind === 'valid' ? 0 : 1,
      lines: [verdict, ...findings.map(({ text }) => `- ${text}`)],
      json: { ...toLinkJson(result, options), findings },
    }
  },
}
