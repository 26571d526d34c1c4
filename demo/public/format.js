/** How the page writes names, sizes and times. */
import { splitPath } from './folders.js'

const EXTENSIONS = { mpeg: 'mp3', mp4: 'm4a', wav: 'wav', ogg: 'ogg', aac: 'aac', flac: 'flac', webm: 'webm' }

/** The name of a file as it is, without its extension; or the words of an id. */
export function titleOf(id, path) {
  if (path !== undefined) return splitPath(path)[1].replace(/\.[^.]+$/, '')
  const words = id.replace(/[-_]+/g, ' ').trim()
  return words === '' ? id : words[0].toUpperCase() + words.slice(1)
}

export function formatSize(bytes) {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

export function formatTime(seconds) {
  if (!Number.isFinite(seconds)) return '–:––'
  const whole = Math.floor(seconds)
  const twoDigits = number => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const start = hours > 0 ? `${hours}:${twoDigits(minutes)}` : String(minutes)
  return `${start}:${twoDigits(whole % 60)}`
}

/** In words, for screen readers: "1 minute 5 seconds". */
export function speakTime(seconds) {
  const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0
  const parts = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ]
  const said = parts
    .filter(([number]) => number > 0)
    .map(([number, unit]) => `${number} ${unit}${number === 1 ? '' : 's'}`)
  return said.join(' ') || '0 seconds'
}

export function formatDuration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

export function typeName(type) {
  return type
    .replace(/^audio\/(?:x-)?/, '')
    .replace('mpeg', 'mp3')
    .toUpperCase()
}

/** The name under which a track is saved. */
export function fileNameOf({ id, path, type }) {
  return path === undefined ? `${id}.${EXTENSIONS[type.split('/')[1]] ?? 'audio'}` : splitPath(path)[1]
}
