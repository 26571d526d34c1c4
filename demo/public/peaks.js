/** The loudness of a track along its length, for which the browser must fetch and decode the whole file. */
import { sign } from './server.js'

/** The number of values, each from 0 to 1: more than the bars on a wide screen. */
const COUNT = 1000
/** Samples per second: a drawing needs no high frequencies. */
const SAMPLE_RATE = 8000

export async function fetchPeaks(track, signal) {
  const { url } = await sign(track, 60, 'waveform', signal)
  // Not stored: the player uses other links, and so cannot reuse the response.
  const response = await fetch(url, { signal, cache: 'no-store' })
  if (!response.ok) throw new Error(`The server responds with ${response.status}`)
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
