/** How loud a track is along its length. The browser must fetch and decode all of it to know. */
import { sign } from './server.js'

/** Values from 0 to 1; more than a wide screen has bars. */
const COUNT = 1000
/** Samples per second: a picture needs no treble. */
const SAMPLE_RATE = 8000

export async function fetchPeaks(track, signal) {
  const { url } = await sign(track, 60, 'waveform', signal)
  // Of no use to the player, whose links are others.
  const response = await fetch(url, { signal, cache: 'no-store' })
  if (!response.ok) throw new Error(`The server answers ${response.status}`)
  const context = new OfflineAudioContext(1, 1, SAMPLE_RATE)
  return readPeaks(await context.decodeAudioData(await response.arrayBuffer()))
}

function readPeaks(audio) {
  const channels = Array.from({ length: audio.numberOfChannels }, (_, index) => audio.getChannelData(index))
  const peaks = new Float32Array(COUNT)
  for (let peak = 0; peak < COUNT; peak += 1) {
    const end = Math.floor(((peak + 1) * audio.length) / COUNT)
    for (const channel of channels) {
      for (let index = Math.floor((peak * audio.length) / COUNT); index < end; index += 1) {
        peaks[peak] = Math.max(peaks[peak], Math.abs(channel[index]))
      }
    }
  }
  const loudest = Math.max(...peaks) || 1
  return peaks.map(value => value / loudest)
}
