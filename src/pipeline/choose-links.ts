/** The links that the options name: those of the app, or those of a secret alone. */
import { LinkGuard } from '../links/link-guard'
import { linkPolicyOptions } from '../links/link-policy'
import { LinkShares } from '../links/link-shares'
import { guardOf, type Links } from '../links/links'
import type { OptionRule } from '../option-rules'
import { absentOr, optional, optionError, readOptions, type OptionReaders, type SettingsOf } from '../options'
import { readKeyring } from '../signing/keyring'
import { verifierOptions, type VerifierOptions } from '../signing/verifier'

export const linksRule: OptionRule<Links> = {
  accepts: (value): value is Links =>
    typeof value === 'object' && value !== null && guardOf(value as Links) !== undefined,
  expected: 'what createLinks returns',
}

/** Who checks links: by a secret, or by the links of the app. */
export interface CheckOptions extends Partial<VerifierOptions> {
  /**
   * What `createLinks` returns, in place of `secret`, `clockTolerance` and `maxTtl`.
   * @defaultValue `createLinks` of these options
   */
  readonly links?: Links | undefined
}

/** Checks and defaults of {@link CheckOptions}. */
export const checkOptions = {
  ...absentOr(verifierOptions),
  now: verifierOptions.now,
  links: optional(linksRule),
} satisfies OptionReaders<CheckOptions>

type CheckSettings = SettingsOf<typeof checkOptions>

const OF_LINKS = ['secret', 'clockTolerance', 'maxTtl'] as const

/**
 * @param maker of what checks the links
 * @throws TypeError that names the option that is missing, or that does not go with `links`
 */
export function chooseLinks(maker: string, settings: CheckSettings): LinkGuard {
  const { links, now } = settings
  if (links !== undefined) {
    const foreign = OF_LINKS.find(name => settings[name] !== undefined)
    if (foreign !== undefined) {
      throw optionError(
        TypeError,
        `make ${maker}`,
        foreign,
        'belongs to links: give it to createLinks, or leave it out',
      )
    }
    const guard = guardOf(links)
    if (guard !== undefined) return guard
  }
  // Reports that it is missing, as it always did.
  const secret = settings.secret ?? readKeyring(undefined, maker)
  const policy = readOptions(maker, {}, linkPolicyOptions)
  const { clockTolerance = 0, maxTtl = Infinity } = settings
  const shares = new LinkShares({ ...policy, state: undefined, logger: undefined, now })
  return new LinkGuard({ ...policy, secret, clockTolerance, maxTtl, now }, shares)
}
