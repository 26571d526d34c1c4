/** Files of silence, as large as a test needs them. */

/** A WAV file of so many seconds; `frame` is the bytes of all channels at one time. */
export function silence(seconds: number, { rate = 44_100, frame = 4 } = {}): Buffer {
  const channels = Math.ceil(frame / 2)
  const file = Buffer.alloc(44 + seconds * rate * frame, frame === 1 ? 0x80 : 0)
  file.write('RIFF')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(channels, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(rate * frame, 28)
  file.writeUInt16LE(frame, 32)
  file.writeUInt16LE((frame / channels) * 8, 34)
  file.write('data', 36)
  file.writeUInt32LE(file.length - 44, 40)
  return file
}
