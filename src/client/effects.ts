/** Carries out what `renewal.ts` decides: signs links, gives them to the element, and calls the app. */
import type { Expiry } from './expiry.ts'
import { readLink, type Link } from './link.ts'
import { notify } from './notify.ts'
import type { Settings } from './options.ts'
import type { Playback } from './playback.ts'
import { statusOfRefusal } from './refusal.ts'
import type { RenewalEffect, RenewalEvent } from './renewal.ts'
import { prepareSigning } from './signing.ts'

export interface EffectsOptions {
  readonly element: HTMLMediaElement
  readonly settings: Settings
  readonly playback: Playback
  readonly expiry: Expiry
  /** Aborts when the app calls `close()`. */
  readonly closing: AbortController
  /** Receives how a renewal ended. */
  readonly dispatch: (event: RenewalEvent) => void
}

export interface Effects {
  readonly carryOut: (effect: RenewalEffect) => void
  /** The last renewal, which may be in progress: one promise for all who call `renew()` meanwhile. */
  readonly renewal: () => Promise<void>
}

export function createEffects(options: EffectsOptions): Effects {
  const { element, settings, playback, expiry, closing, dispatch } = options
  const { sign, leeway, onRenew, onError, onRefused, random } = settings
  const { signal } = closing
  let renewal = Promise.resolve()
  let retryNow: (() => void) | undefined

  function carryOut(effect: RenewalEffect): void {
    switch (effect.name) {
      case 'sign':
        startSigning()
        break
      case 'retryNow':
        retryNow?.()
        break
      case 'swap':
        swap(effect.link)
        break
      case 'keep':
        expiry.use(effect.link)
        break
      case 'report':
        report(effect.error)
        break
      case 'close':
        closing.abort(new DOMException('The player was closed', 'AbortError'))
        break
      case 'reject':
        share(Promise.reject(signal.reason as Error))
    }
  }

  function report(error: unknown): void {
    const status = statusOfRefusal(error)
    if (onRefused === undefined || status === undefined) notify(onError, error)
    else notify(onRefused, { status, error })
  }

  function startSigning(): void {
    playback.claim()
    const signing = prepareSigning({
      sign,
      closed: signal,
      throwIfAbandoned,
      random,
      remaining: expiry.remaining,
      read: (given, askedAt) =>
        readLink(given, { askedAt, now: Date.now(), leeway, baseUrl: element.baseURI, random }),
    })
    share(finishSigning(signing.result))
    retryNow = signing.retryNow
    // Calls `sign`, which may call `renew()` or `close()` itself.
    signing.start()
  }

  async function finishSigning(result: Promise<Link>): Promise<void> {
    try {
      const link = await result
      throwIfAbandoned()
      const isSame = link.url === expiry.link()?.url && element.error === null
      dispatch({ name: isSame ? 'signedSame' : 'signed', link })
    } catch (error) {
      dispatch(playback.isOurs() ? { name: 'signFailed', error } : { name: 'sourceReplaced' })
      throw error
    }
  }

  function throwIfAbandoned(): void {
    signal.throwIfAborted()
    if (!playback.isOurs()) throw new DOMException('The element was given another source', 'AbortError')
  }

  function swap(link: Link): void {
    playback.swap(link.url)
    // Then the element is empty, and the link has to begin.
    expiry.use(link)
    notify(onRenew, { url: link.url, expires: link.expires })
  }

  function share(promise: Promise<void>): void {
    // An app that does not wait for `renew()` gets the error by `onError`.
    promise.catch(() => undefined)
    renewal = promise
  }

  return { carryOut, renewal: () => renewal }
}
