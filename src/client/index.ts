/** `express-signed-stream/client`: for browsers, an ES module that needs nothing else. */
export { keepPlaying, type KeepPlayingOptions, type Player } from './keep-playing.ts'
export type { RenewedLink, SignedLink } from './link.ts'
export type { Sign } from './sign.ts'
