/** What a signer may have signed behind the id of a link with terms, if not `{expires}|{terms}`. */
import type { Choice } from '../explain/finding'
import { joinPairs, termsOf, type SignInput } from './sign-vectors'

const IN_ORDER = 'join name and value by a full stop, and the pairs by full stops, with ascending names'

/** @param written the terms as the link has them */
export function listTermsChoices(input: SignInput, written: string | undefined): readonly Choice<string>[] {
  const { expires, terms: pairs } = input
  const terms = termsOf(input)
  const choices: Choice<string>[] = [{ value: `${expires}|${terms}` }]

  function add(text: string, ...values: readonly string[]): void {
    for (const value of values) {
      if (choices.some(known => known.value === value)) continue
      choices.push({ value, finding: { kind: 'signed-text', text } })
    }
  }

  add('The terms were not signed: sign {id}|{expires}|{terms}', String(expires), `${expires}|`)
  add(
    'The terms were signed in the order in which they were given: sort them by name',
    `${expires}|${joinPairs(pairs)}`,
  )
  if (written !== undefined) {
    add(
      'The terms in the link are not the requested ones, but they are what was signed',
      `${expires}|${written}`,
    )
  }
  add('The signed text has no | between expires and the terms', `${expires}${terms}`)
  add('In the signed text, expires and the terms are swapped', `${terms}|${expires}`)
  add(
    'The percent-encoded terms were signed: sign the terms, then encode them for the link',
    `${expires}|${encodeURIComponent(terms)}`,
  )
  add('The signed text ends with a full stop behind the terms', `${expires}|${terms}.`)
  add('The signed text has terms= before the terms', `${expires}|terms=${terms}`)
  add('The expiry was signed in milliseconds: sign seconds', `${expires}000|${terms}`)
  const sorted = [...pairs].sort()
  for (const order of [sorted, pairs]) {
    add(
      `The terms were joined by other characters in the signed text: ${IN_ORDER}`,
      ...['|', '&', ',', ';', ' ', '~', ''].flatMap(between =>
        ['=', ':', '.'].map(within => `${expires}|${joinPairs(order, between, within)}`),
      ),
      `${expires}|${JSON.stringify(Object.fromEntries(order))}`,
    )
  }
  return choices
}
