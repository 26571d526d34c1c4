import {
  keepPlaying,
  type KeepPlayingOptions,
  type Player,
  type RenewedLink,
  type Sign,
  type SignedLink,
} from 'express-signed-stream/client'

const sign: Sign = async ({ signal }) => (await (await fetch('/sign', { signal })).json()) as SignedLink
const told: RenewedLink[] = []
const options: KeepPlayingOptions = { sign, leeway: 10, onRenew: link => told.push(link) }

export async function listen(video: HTMLVideoElement): Promise<number | undefined> {
  const player: Player = keepPlaying(video, options)
  keepPlaying(new Audio(), { sign: () => '/stream/track1?expires=1&sig=2', onError: console.error })
  await player.ready
  await player.renew()
  player.close()
  return player.expires
}

export function mistakes(audio: HTMLAudioElement): void {
  // @ts-expect-error no way to sign
  keepPlaying(audio, {})
  // @ts-expect-error an option that does not exist
  keepPlaying(audio, { sign, lifetime: 10 })
  // @ts-expect-error not a media element
  keepPlaying(document.body, { sign })
}
