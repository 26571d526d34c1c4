/** How the page writes names, sizes and times. */

export function titleOf(id) {
  const words = id.replace(/[-_]+/g, ' ').trim()
  return words === '' ? id : words[0].toUpperCase() + words.slice(1)
}

export function formatSize(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

export function formatTime(seconds) {
  if (!Number.isFinite(seconds)) return '–:––'
  const whole = Math.floor(seconds)
  const twoDigits = number => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const start = hours > 0 ? `${hours}:${twoDigits(minutes)}` : String(minutes)
  return `${start}:${twoDigits(whole % 60)}`
}
