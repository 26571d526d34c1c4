/** Requests at a button, of kinds that a browser does not send during playback. */
import { byId, make, say } from './dom.js'
import { requestRange } from './requests.js'
import { sign } from './server.js'

const PROBES = [
  ['First 100 bytes', () => 'bytes=0-99'],
  ['The middle', size => `bytes=${Math.floor(size / 2)}-${Math.floor(size / 2) + 65_535}`],
  ['Last 500 bytes', () => 'bytes=-500'],
  ['Two ranges', size => `bytes=0-99,${Math.max(0, size - 100)}-${Math.max(0, size - 1)}`],
  ['Beyond the end', size => `bytes=${size}-`],
  ['Forged link', () => 'bytes=0-99', forge],
]

export function createProbes(player) {
  for (const [name, range, change] of PROBES) {
    const button = make('button', { type: 'button', className: 'chip', disabled: '' }, name)
    button.addEventListener('click', () => probe(player.track, range(player.track.size), change))
    byId('probes').append(button)
  }
  player.addEventListener('track', () => {
    for (const button of byId('probes').children) button.disabled = false
  })
}

async function probe(track, range, change = url => url) {
  try {
    const { url } = await sign(track, 60, 'probe')
    await requestRange(change(url), range)
  } catch (error) {
    say(`Cannot send the request: ${error.message}`, { isFault: true })
  }
}

function forge(url) {
  return url.replace(/(?<=[?&]sig=)[0-9a-f]{4}/, digits => (digits === '0000' ? '1111' : '0000'))
}
