/**
 * When a link is renewed, and when the client gives up: a pure state machine. `keep-playing.ts` turns what happens into
 * events, and `effects.ts` carries the effects out. The table in docs/client.md has the same rules.
 *
 * - `idle`: the link in use has not failed, or there is none yet.
 * - `renewing`: `sign` is in progress, or waits for its next attempt.
 * - `gaveUp`: `onError` or `onRefused` was called. An expiry begins no renewal any more.
 * - `recovering`, `replacing`, `failed`: the same three after the link has failed, at second `failedAt`. Until the
 *   listener has played on from there, another failure is the second in a row.
 * - `closed`: for good.
 */
import type { Link } from './link.ts'

export type RenewalState =
  | { readonly name: 'idle' | 'renewing' | 'gaveUp' | 'closed' }
  | { readonly name: 'recovering' | 'replacing' | 'failed'; readonly failedAt: number }

export type RenewalEvent =
  /** The app calls `renew()` or `close()`. */
  | { readonly name: 'renewCalled' | 'closeCalled' }
  /** The link expires soon and the element needs more data, or there is no link yet. */
  | { readonly name: 'linkDue' }
  /** The listener plays, seeks, waits or returns to the page, or the network is back. */
  | { readonly name: 'activity' }
  /** `activity` while the element shows an error, or has a source of the app's own. */
  | { readonly name: 'activityOnError' | 'activityElsewhere' }
  | { readonly name: 'played'; readonly position: number }
  /** The element has an error that a new link may cure, or receives no data. */
  | { readonly name: 'linkFailed' | 'noProgress'; readonly error: unknown; readonly position: number }
  /** The element has an error that no link cures. */
  | { readonly name: 'mediaFailed'; readonly error: unknown }
  /** `sign` gave a link; `signedSame`: the one in use, of which the element shows no error. */
  | { readonly name: 'signed' | 'signedSame'; readonly link: Link }
  | { readonly name: 'signFailed'; readonly error: unknown }
  /** The app gave the element another source while `sign` was in progress. */
  | { readonly name: 'sourceReplaced' }

export type RenewalEffect =
  /** Calls `sign`: in a new renewal, or without the rest of the wait for the next attempt. */
  | { readonly name: 'sign' | 'retryNow' }
  /** Waits for the expiry of this link; `swap` also gives it to the element. */
  | { readonly name: 'swap' | 'keep'; readonly link: Link }
  /** Calls `onError`, or `onRefused`. */
  | { readonly name: 'report'; readonly error: unknown }
  /** Removes timers and listeners; lets a later `renew()` reject. */
  | { readonly name: 'close' | 'reject' }

export interface Transition {
  readonly state: RenewalState
  readonly effect?: RenewalEffect
}

/** Seconds that the listener plays on after a failure, before another is no longer the second in a row. */
const RECOVERED = 5

export function next(state: RenewalState, event: RenewalEvent): Transition {
  if (state.name === 'closed') {
    return event.name === 'renewCalled' ? { state, effect: { name: 'reject' } } : { state }
  }
  const phase = PHASE[state.name]
  const failedAt = 'failedAt' in state ? state.failedAt : undefined

  switch (event.name) {
    case 'renewCalled':
      return phase === 'renewing' ? { state, effect: { name: 'retryNow' } } : sign(failedAt)
    case 'closeCalled':
      return { state: { name: 'closed' }, effect: { name: 'close' } }
    case 'linkDue':
      return phase === 'idle' ? sign(failedAt) : { state }

    // What failed may work now, so the failures until now no longer count.
    case 'activity':
      if (phase !== 'gaveUp') return { state }
      return failedAt === undefined ? { state: enter('idle') } : sign()
    case 'activityOnError':
      return phase === 'gaveUp' ? sign() : { state }
    case 'activityElsewhere':
      return phase === 'gaveUp' ? { state: enter('idle') } : { state }
    case 'played': {
      const hasRecovered = failedAt !== undefined && Math.abs(event.position - failedAt) > RECOVERED
      return { state: hasRecovered ? enter(phase) : state }
    }

    case 'linkFailed':
    case 'noProgress':
      if (phase === 'renewing') return { state }
      // It repeats every 5 s for as long as no data come: the app gets one report.
      if (phase === 'gaveUp' && event.name === 'noProgress') return { state }
      return failedAt === undefined ? sign(event.position) : giveUp(event.error, failedAt)
    case 'mediaFailed':
      return phase === 'renewing' ? { state } : giveUp(event.error, failedAt)

    case 'signed':
    case 'signedSame': {
      if (phase !== 'renewing') return { state }
      // After a failure, the element loads even the same link again.
      const isToLoad = event.name === 'signed' || failedAt !== undefined
      return {
        state: enter('idle', failedAt),
        effect: { name: isToLoad ? 'swap' : 'keep', link: event.link },
      }
    }
    case 'signFailed':
      return phase === 'renewing' ? giveUp(event.error, failedAt) : { state }
    case 'sourceReplaced':
      return { state: phase === 'renewing' ? enter('idle', failedAt) : state }
  }
}

function sign(failedAt?: number): Transition {
  return { state: enter('renewing', failedAt), effect: { name: 'sign' } }
}

function giveUp(error: unknown, failedAt?: number): Transition {
  return { state: enter('gaveUp', failedAt), effect: { name: 'report', error } }
}

/** What a state is, apart from whether the link has failed. */
const PHASE = {
  ...({ idle: 'idle', renewing: 'renewing', gaveUp: 'gaveUp' } as const),
  ...({ recovering: 'idle', replacing: 'renewing', failed: 'gaveUp' } as const),
}
const AFTER_FAILURE = { idle: 'recovering', renewing: 'replacing', gaveUp: 'failed' } as const

function enter(phase: keyof typeof AFTER_FAILURE, failedAt?: number): RenewalState {
  return failedAt === undefined ? { name: phase } : { name: AFTER_FAILURE[phase], failedAt }
}
