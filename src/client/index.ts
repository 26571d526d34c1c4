/** `express-signed-stream/client`: an ES module for browsers, without dependencies. */
import type { LinkKeeper } from './keep-playing.ts'

export { keepPlaying, type LinkKeeper } from './keep-playing.ts'
export type { RenewedLink, SignedLink } from './link.ts'
export type { KeepPlayingOptions } from './options.ts'
export type { Sign } from './sign.ts'

/** @deprecated The new name is `LinkKeeper`. */
export type Player = LinkKeeper
