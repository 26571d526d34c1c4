/** A form to make a link with terms, and to watch what each of them does. */
import { describeTerms } from './allows.js'
import { byId, copy, make } from './dom.js'
import { revoke, sign } from './server.js'

const MAX_TRIES = 20

/** Such a request comes from an address of its own, without a cookie. */
const DEVICES = [2, 3]

export function createTerms(player) {
  /** The link that was made last, and its track. */
  let made

  async function submit(event) {
    event.preventDefault()
    byId('terms-fault').textContent = ''
    const { track } = player
    const { expiresIn, ...terms } = fieldsOf(byId('terms'))
    try {
      made = { track, link: await sign(track, Number(expiresIn), 'terms', undefined, terms) }
      showMade()
    } catch (error) {
      byId('terms-fault').textContent = error.message
    }
  }

  function showMade() {
    const { track, link } = made
    const { expires, plain, allows = { playUntil: expires } } = link
    byId('made').hidden = false
    byId('made-link').value = plain
    byId('allows').replaceChildren(
      ...describeTerms(track.title, expires, allows).map(text => make('li', {}, text)),
    )
    byId('tries').replaceChildren()
    byId('revoke-listener').hidden = allows.listener === undefined
    byId('revoke-listener').textContent = `Revoke all links of ${allows.listener}`
  }

  function note(text) {
    const list = byId('tries')
    list.prepend(make('li', {}, text))
    if (list.childElementCount > MAX_TRIES) list.lastElementChild.remove()
  }

  async function tryOn(device) {
    const url = new URL(made.link.url)
    url.searchParams.set('for', 'device')
    url.searchParams.set('device', device)
    try {
      note(`Device ${device}: ${await request(url)}`)
    } catch {
      note(`Device ${device}: the connection was closed`)
    }
  }

  async function takeBack(target, what) {
    try {
      const { streams } = await revoke(target)
      const ended = `${streams} stream${streams === 1 ? '' : 's'} ended here.`
      note(`Revoked ${what}: ${ended} What a browser has buffered still plays.`)
    } catch (error) {
      note(`Not revoked: ${error.message}`)
    }
  }

  byId('terms').addEventListener('submit', submit)
  byId('made-copy').addEventListener('click', () => copy(made.link.plain, 'Link', byId('made-link')))
  byId('made-play').addEventListener('click', () => {
    player.playLink(made.track, made.link)
    note('Device 1: this page plays it. Nothing renews the link.')
  })
  for (const device of DEVICES) byId(`made-device-${device}`).addEventListener('click', () => tryOn(device))
  byId('revoke-link').addEventListener('click', () => takeBack({ link: made.link.plain }, 'the link'))
  byId('revoke-listener').addEventListener('click', () => {
    const { listener } = made.link.allows
    return takeBack({ listener }, `all links of ${listener}`)
  })
  player.addEventListener('track', () => {
    byId('make').disabled = false
    byId('terms-track').textContent = player.track.title
  })
}

/** What is filled in: an empty field asks for nothing. */
function fieldsOf(form) {
  const fields = Object.fromEntries(new FormData(form))
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ''))
}

/** The status and the code of a range. */
async function request(url) {
  const headers = { Range: 'bytes=0-99', Accept: 'application/json' }
  // Without the cache, which would respond in place of the server.
  const response = await fetch(url, { headers, cache: 'no-store', credentials: 'omit' })
  if (response.ok) {
    await response.arrayBuffer()
    return `${response.status}, it plays`
  }
  const { code } = await response.json()
  return `${response.status} ${code}`
}
