/** Play, volume, speed, download. */
import { byId, say } from './dom.js'
import { fileNameOf } from './format.js'
import { sign } from './server.js'

export function createControls(player) {
  const { audio } = player

  function showState() {
    byId('play').classList.toggle('playing', !audio.paused)
    byId('play').setAttribute('aria-label', audio.paused ? 'Play' : 'Pause')
  }

  function showVolume() {
    byId('volume').value = audio.muted ? 0 : audio.volume
    byId('mute').setAttribute('aria-pressed', audio.muted)
    byId('mute').classList.toggle('muted', audio.muted || audio.volume === 0)
  }

  async function download() {
    const { track } = player
    try {
      const { url } = await sign(track, 60, 'download')
      const anchor = document.createElement('a')
      anchor.href = url
      anchor.download = fileNameOf(track)
      anchor.click()
      say(`Downloading ${track.title}`)
    } catch (error) {
      say(`Cannot download: ${error.message}`, { isFault: true })
    }
  }

  for (const type of ['play', 'pause', 'ended', 'emptied']) audio.addEventListener(type, showState)
  audio.addEventListener('volumechange', showVolume)
  byId('play').addEventListener('click', () => player.toggle())
  byId('mute').addEventListener('click', () => {
    audio.muted = !audio.muted
  })
  byId('volume').addEventListener('input', () => {
    audio.muted = false
    audio.volume = Number(byId('volume').value)
  })
  byId('speed').addEventListener('change', () => {
    audio.defaultPlaybackRate = audio.playbackRate = Number(byId('speed').value)
  })
  byId('download').addEventListener('click', download)
  player.addEventListener('track', () => {
    byId('play').disabled = byId('download').disabled = false
  })
}
