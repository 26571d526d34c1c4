/** `express-signed-stream/client`: for browsers, an ES module that needs nothing else. */
export { keepPlaying, type Player } from './keep-playing.ts'
export type { RenewedLink, SignedLink } from './link.ts'
export type { KeepPlayingOptions } from './options.ts'
export type { Sign } from './sign.ts'
