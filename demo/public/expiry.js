/** Shows how a link expires during playback. Each step appears when it has really happened. */
import { byId, make } from './dom.js'
import { formatDuration, formatTime } from './format.js'
import { isBuffered } from './player.js'
import { ask } from './probes.js'

/** Seconds. */
const LIFETIME = 10
/** Milliseconds to wait for a new link after the expiry. None comes if none is needed. */
const PATIENCE = 1500
/** Where to seek, as parts of the track: the first that is not buffered. */
const TARGETS = [0.75, 0.25, 0.5, 0.95, 0.05]

export function createExpiry(player) {
  const { audio } = player
  let demonstration = new AbortController()

  async function show() {
    demonstration.abort()
    demonstration = new AbortController()
    const { signal } = demonstration
    byId('steps').replaceChildren()
    byId('steps').hidden = false
    byId('expire').textContent = 'Once more'
    try {
      await demonstrate(signal)
    } catch (error) {
      if (!signal.aborted) step(`It failed: ${error.message}`).classList.add('failed')
    }
  }

  async function demonstrate(signal) {
    let faults = 0
    audio.addEventListener('error', () => (faults += 1), { signal })

    await player.playBriefly(LIFETIME)
    signal.throwIfAborted()
    const { link } = player
    step(`Signed for ${LIFETIME} seconds, in ${formatDuration(link.tookMs)}, and playing with it.`)

    const waiting = step('')
    const renewal = happens(player, 'link', signal)
    await countDown(link.expiresAt, waiting, signal)
    await Promise.race([renewal, sleep(PATIENCE, signal)])
    const renewed = player.link
    waiting.textContent =
      renewed === link
        ? 'It has expired. The buffered part plays on without it.'
        : `It has expired. ${describeRenewal(renewed, faults)}, and plays on at ${formatTime(audio.currentTime)}.`

    // A link is valid to the end of its last second.
    await sleep(1000, signal)
    const status = await ask(link.url.replace('for=player', 'for=check'), 'bytes=0-99')
    signal.throwIfAborted()
    step(`To the old link, the server responds with ${status}.`)

    if (audio.readyState === HTMLMediaElement.HAVE_NOTHING) await happens(audio, 'loadedmetadata', signal)
    const target = chooseTarget(audio)
    player.seek(target)
    await happens(audio, 'seeked', signal)
    await happens(audio, 'timeupdate', signal)
    step(
      `Sought to ${formatTime(target)}, after the expiry. ${describeSeek(link, renewed, faults)}`,
    ).classList.add('last')
  }

  function describeSeek(link, renewed, faults) {
    if (player.link !== renewed) return `${describeRenewal(player.link, faults)}, and plays on from there.`
    if (renewed !== link) return 'It plays on with the new link.'
    return 'The browser has buffered the whole track, so it needs no link: try a longer track.'
  }

  player.addEventListener('track', () => {
    demonstration.abort()
    byId('expire').disabled = false
    byId('steps').hidden = true
  })
  byId('expire').addEventListener('click', show)
}

function describeRenewal({ tookMs }, faults) {
  const when =
    faults === 0 ? 'By its clock, before the player had an error,' : 'After an error of the player,'
  return `${when} the page signed a new link in ${formatDuration(tookMs)}`
}

function chooseTarget(audio) {
  const targets = TARGETS.map(part => part * audio.duration)
  return (
    targets.find(target => !isBuffered(audio, target)) ?? targets.find(target => target !== audio.currentTime)
  )
}

function step(text) {
  const item = make('li', {}, text)
  byId('steps').append(item)
  return item
}

/** Shows the remaining seconds in `item`, hidden from screen readers, which would read out each of them. */
async function countDown(until, item, signal) {
  item.setAttribute('aria-busy', 'true')
  for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
    item.textContent = `It expires in ${Math.ceil(left / 1000)} s.`
    await sleep(Math.min(left, 250), signal)
  }
  item.removeAttribute('aria-busy')
}

function happens(target, type, signal) {
  const happened = new Promise((resolve, reject) => {
    target.addEventListener(type, resolve, { once: true, signal })
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  // It may reject when no step waits for it any more.
  happened.catch(() => {})
  return happened
}

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
}
