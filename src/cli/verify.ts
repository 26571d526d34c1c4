/** Checks a link as the server would. For scripts: an exit code, and one line with a code. */
import type { Command } from './command'
import { CHECK_NOTES, CHECK_OPTIONS, checkLink, listUnchecked, readCheckOptions } from './link-check'
import { toLinkJson } from './link-json'

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
    const options = await readCheckOptions(input, effects)
    const result = checkLink(input.operand, options)
    const json = toLinkJson(result, options)
    if (result.kind === 'refused') return { exitCode: 1, lines: [result.code], json }
    const unchecked = listUnchecked(result.link, options)
    if (unchecked.includes('network')) effects.warn('The network of the client was not checked: give --from')
    if (unchecked.includes('set')) {
      effects.warn('Whether the set has the track was not checked: only the app knows')
    }
    return { exitCode: 0, lines: ['VALID'], json }
  },
}
