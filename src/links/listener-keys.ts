/** By what a listener of a link is recognised: the cookie, the session of the player, the address. Any of them suffices. */
import { clientNetwork } from '../http/client-network'
import type { LinkClient } from './link-client'

/** Random and made by the player; anything longer is none. */
const PLAYBACK_SESSION = /^[\x21-\x7e]{8,64}$/

/**
 * @param cookie the random part of the cookie, if the client has one
 * @param countsAddress false if clients behind one address may be different listeners
 * @returns none for a client that shows nothing to recognise it by
 */
export function listenerKeys(
  { address, playbackSession }: LinkClient,
  cookie: string | undefined,
  countsAddress: boolean,
): readonly string[] {
  const keys: string[] = []
  if (cookie !== undefined) keys.push(`c:${cookie}`)
  if (playbackSession !== undefined && PLAYBACK_SESSION.test(playbackSession)) {
    keys.push(`p:${playbackSession}`)
  }
  // Clients without an address are not one listener.
  if (countsAddress && address !== undefined) keys.push(`a:${clientNetwork(address)}`)
  return keys
}
