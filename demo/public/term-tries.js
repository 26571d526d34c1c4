/** What a link can limit, shown with requests of several devices. Device 1 is this page. */
import { listenOn, ONE_DEVICE, requestOn } from './devices.js'
import { make } from './dom.js'
import { fileNameOf } from './format.js'
import { describeRevoked } from './results.js'
import { revoke, sign } from './server.js'
import { countDown, sleep } from './steps.js'

export const TERM_TRIES = [
  { name: 'Session', hint: 'plays on after the expiry', run: trySession },
  { name: 'One listener', hint: 'the next gets 403', run: tryUses },
  { name: 'One stream', hint: 'the next gets 429', run: tryStreams },
  { name: 'One network', hint: 'others get 403', run: tryNetwork },
  { name: 'Save as', hint: 'a name for the file', run: tryDownload },
  { name: 'Revocation', hint: 'a stream ends', run: tryRevocation },
  { name: 'Live listeners', hint: 'end one yourself', run: tryListeners },
]

/** Seconds. */
const SHORT = 10
/** Milliseconds for which a stream is listed before it is revoked. */
const SHOWN_FOR = 3000
const LATER = 'bytes=100-199'

async function trySession(run) {
  const link = await signFor(run, { expiresIn: SHORT, playFor: 3600 })
  run.step(`Signed for ${SHORT} seconds. A listener who has begun may play on for 1 hour.`)
  await request(run, 'Device 2 begins:', 2, link)
  await countDown(link.expiresAt, run.step(''), run.signal)
  // A link is valid to the end of its last second.
  await sleep(1000, run.signal)
  await request(run, 'Device 2 seeks:', 2, link, LATER)
  await request(run, 'Device 3 begins:', 3, link)
  noteOneDevice(run, link)
}

async function tryUses(run) {
  const link = await signFor(run, { uses: 1 })
  run.step('Signed for one listener.')
  await request(run, 'Device 2 begins:', 2, link)
  await request(run, 'Device 2 seeks:', 2, link, LATER)
  await request(run, 'Device 3 begins:', 3, link)
  noteOneDevice(run, link)
}

async function tryStreams(run) {
  const link = await signFor(run, { streams: 1 })
  run.step('Signed for one stream at a time.')
  await request(run, 'Device 2 listens:', 2, link)
  await request(run, 'Device 3 listens too:', 3, link)
  noteOneDevice(run, link)
}

async function tryNetwork(run) {
  const link = await signFor(run, { network: '192.0.2.2' })
  run.step('Signed for the address 192.0.2.2.')
  await request(run, 'Device 2, at 192.0.2.2:', 2, link)
  await request(run, 'Device 3, at 192.0.2.3:', 3, link)
  noteOneDevice(run, link)
}

async function tryDownload(run) {
  const downloadName = `Signed ${fileNameOf(run.player.track)}`
  const link = await signFor(run, { downloadName })
  run.step(`Signed with the file name “${downloadName}”.`)
  await request(run, 'The server sends it as a download:', 2, link)
  const anchor = make('a', { href: link.url, download: '' })
  anchor.click()
  run.step('This browser saves the file.')
}

async function tryRevocation(run) {
  const track = run.player.longestTrack()
  const link = await signFor(run, { listener: 'Ann' }, track)
  run.step(`Signed a link to ${track.title} for the listener Ann.`)
  const { status, ended } = await listenOn(2, link, run.signal)
  run.step('Ann listens on device 2:', { status })
  await Promise.race([ended, sleep(SHOWN_FOR, run.signal)])
  const revoked = await revoke({ link: link.plain })
  run.signal.throwIfAborted()
  run.step(`Revoked the link. ${describeRevoked(revoked)}`)
  if (await ended) run.step('The track is short: all of it was sent before. Add a longer one.')
  await request(run, 'Device 2 seeks:', 2, link, LATER)
}

async function tryListeners(run) {
  const track = run.player.longestTrack()
  const listeners = ['Ann', 'Ben']
  const streams = []
  for (const [index, listener] of listeners.entries()) {
    const link = await signFor(run, { listener }, track)
    const device = index + 2
    const { status, ended } = await listenOn(device, link, run.signal)
    run.step(`${listener} listens on device ${device}:`, { status })
    streams.push(ended)
  }
  const place = make('a', { href: '#listening-title' }, 'Who listens now')
  run.step(make('span', {}, 'Look at ', place, ', and press End there.'))
  await Promise.all(
    streams.map(async (ended, index) => {
      const isWhole = await ended
      run.step(`${listeners[index]}: ${isWhole ? 'all of the track was sent.' : 'the stream has ended.'}`)
    }),
  )
}

function signFor({ player, signal }, { expiresIn = 300, ...terms }, track = player.track) {
  return sign(track, expiresIn, 'terms', signal, terms)
}

async function request({ step, signal }, text, device, link, range) {
  step(text, await requestOn(device, link, { range, signal }))
}

function noteOneDevice({ step }, { devices }) {
  if (devices === 'one') step(ONE_DEVICE)
}
