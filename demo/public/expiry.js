/** A link that expires during playback. Each step appears when it has really happened. */
import { formatDuration, formatTime } from './format.js'
import { isBuffered } from './player.js'
import { requestRange } from './requests.js'
import { countDown, happens, sleep } from './steps.js'

/** Seconds. */
const LIFETIME = 10
/** Milliseconds to wait for a new link after the expiry. None comes if none is needed. */
const PATIENCE = 1500
/** Where to seek, as parts of the track: the first that is not buffered. */
const TARGETS = [0.75, 0.25, 0.5, 0.95, 0.05]

export async function tryExpiry(run) {
  const refused = happens(run.player, 'refused', run.signal).then(() => failRefused())
  await Promise.race([showExpiry(run), refused])
}

async function showExpiry({ player, step, signal }) {
  const { audio } = player
  let faults = 0
  audio.addEventListener('error', () => (faults += 1), { signal })

  await player.playBriefly(LIFETIME)
  signal.throwIfAborted()
  const { link } = player
  if (link === undefined) failRefused()
  step(`Signed for ${LIFETIME} seconds, in ${formatDuration(link.tookMs)}. This page plays it.`)

  const waiting = step('')
  const renewal = happens(player, 'link', signal)
  await countDown(link.expiresAt, waiting, signal)
  await Promise.race([renewal, sleep(PATIENCE, signal)])
  const renewed = player.link
  waiting.textContent =
    renewed === link
      ? 'It has expired. The buffered part plays on without it.'
      : `It has expired. ${describeRenewal(renewed, faults)}. Playback is at ${formatTime(audio.currentTime)}.`

  // A link is valid to the end of its last second.
  await sleep(1000, signal)
  const result = await requestRange(link.url.replace('for=player', 'for=check'), 'bytes=0-99', { signal })
  step('The old link:', result)

  if (audio.readyState === HTMLMediaElement.HAVE_NOTHING) await happens(audio, 'loadedmetadata', signal)
  const target = chooseTarget(audio)
  player.seek(target)
  await happens(audio, 'seeked', signal)
  await happens(audio, 'timeupdate', signal)
  step(`Seek to ${formatTime(target)}. ${describeSeek(player, { link, renewed, faults })}`)
}

function failRefused() {
  throw new Error('The server refuses to sign a link.')
}

function describeSeek(player, { link, renewed, faults }) {
  if (player.link !== renewed) return `${describeRenewal(player.link, faults)}. Playback continues.`
  if (renewed !== link) return 'Playback continues with the new link.'
  return 'The browser has buffered the whole track and needs no link. Try a longer track.'
}

function describeRenewal({ tookMs }, faults) {
  const when = faults === 0 ? 'In time, the page' : 'After an error of the player, the page'
  return `${when} signed a new link in ${formatDuration(tookMs)}`
}

function chooseTarget(audio) {
  const targets = TARGETS.map(part => part * audio.duration)
  return (
    targets.find(target => !isBuffered(audio, target)) ?? targets.find(target => target !== audio.currentTime)
  )
}
