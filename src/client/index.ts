/**
 * `express-signed-stream/client`: keeps the link of an element that plays fresh, in browsers. It has no dependencies.
 *
 * @module client
 */
import type { LinkKeeper } from './keep-playing.ts'

export { keepPlaying, type LinkKeeper } from './keep-playing.ts'
export type { RenewedLink, SignedLink } from './link.ts'
export type { KeepPlayingOptions } from './options.ts'
export type { Refusal } from './refusal.ts'
export type { Sign } from './sign.ts'

/** @deprecated The new name is `LinkKeeper`. */
export type Player = LinkKeeper
