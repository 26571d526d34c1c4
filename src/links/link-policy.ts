/** What the options of `createLinks` decide besides secrets and time, and their defaults. */
import type { MaybePromise } from '../callbacks'
import { functionRule, oneOf, rules, type OptionRule } from '../option-rules'
import { group, optional, withDefault, type OptionReaders, type SettingsOf } from '../options'
import type { CookieMode } from './session-cookie'
import type { OnLimit } from './stream-places'

/** Whether the track `id` is of `set`, as the app knows. */
export type Sets = (set: string, id: string) => MaybePromise<boolean>

/** How listeners continue after the expiry of their link. */
export interface SessionOptions {
  /**
   * Seconds that no session exceeds, whatever the link says.
   * @defaultValue 43200
   */
  readonly max?: number | undefined
  /**
   * Seconds for which listeners of a link without `playFor` may continue; 0 for none.
   * @defaultValue 0
   */
  readonly withoutTerm?: number | undefined
  /**
   * Whether listeners are recognised by a cookie; `'secure'` if all requests come over https and the host does not know.
   * @defaultValue true
   */
  readonly cookie?: CookieMode | undefined
  /**
   * The public path of the router, such as `/media`, if a proxy in front of it serves it under another one.
   * @defaultValue the path of the request
   */
  readonly cookiePath?: string | undefined
  /**
   * Whether listeners are recognised by their address (IPv4, or IPv6 /64) too, as players without cookies need.
   * @defaultValue true
   */
  readonly address?: boolean | undefined
}

/** Whether a term refuses requests, or only reports what it would have refused. */
export type Enforcement = 'refuse' | 'report'

export interface LinkPolicyOptions {
  /** Which tracks are of a set, for links with `set`. It may return a promise. */
  readonly sets?: Sets | undefined
  /**
   * What is only reported for now, by the `report` event and the log.
   * @defaultValue `{ network: 'refuse' }`
   */
  readonly enforce?: { readonly network?: Enforcement | undefined } | undefined
  readonly sessions?: SessionOptions | undefined
  /**
   * What happens if all `streams` of a listener are taken: the new one is refused with 429, or the oldest ends.
   * @defaultValue `'refuse'`
   */
  readonly onLimit?: OnLimit | undefined
  /**
   * Revocations that are kept, some 200 bytes each; beyond them, `revoke` throws.
   * @defaultValue 100000
   */
  readonly maxRevocations?: number | undefined
  /**
   * Networks from which one link must be begun to be reported by the `shared` event; 0 for never.
   * @defaultValue 3
   */
  readonly sharedNetworks?: number | undefined
}

const cookieRule: OptionRule<CookieMode> = {
  accepts: (value): value is CookieMode => typeof value === 'boolean' || value === 'secure',
  expected: 'true, false or "secure"',
}

const pathRule: OptionRule<string> = {
  accepts: (value): value is string => typeof value === 'string' && /^(?:\/[\w.~-]+)*$/.test(value),
  expected: 'a path such as "/media", or ""',
}

export const linkPolicyOptions = {
  sets: optional(functionRule<Sets>('(set, id) => boolean')),
  enforce: group({ network: withDefault(oneOf('refuse', 'report'), 'refuse') }, 'an object of network'),
  sessions: group(
    {
      max: withDefault(rules.seconds, 43_200),
      withoutTerm: withDefault(rules.seconds, 0),
      cookie: withDefault(cookieRule, true),
      cookiePath: optional(pathRule),
      address: withDefault(rules.boolean, true),
    },
    'an object of max, withoutTerm, cookie, cookiePath and address',
  ),
  onLimit: withDefault(oneOf('refuse', 'endOldest'), 'refuse'),
  maxRevocations: withDefault(rules.count, 100_000),
  sharedNetworks: withDefault(rules.count, 3),
} satisfies OptionReaders<LinkPolicyOptions>

export type LinkPolicy = SettingsOf<typeof linkPolicyOptions>
