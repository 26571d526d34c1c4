/** A form to make a link with terms, and buttons to try it. */
import { describeTerms } from './allows.js'
import { ONE_DEVICE, requestOn } from './devices.js'
import { byId, copy, make } from './dom.js'
import { describeRevoked, makeResult } from './results.js'
import { revoke, sign } from './server.js'

const MAX_TRIED = 20

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
    const { expires, plain, devices, allows = { playUntil: expires } } = link
    byId('made').hidden = false
    byId('made-link').value = plain
    byId('allows').replaceChildren(
      ...describeTerms(track.title, expires, allows).map(text => make('li', {}, text)),
    )
    byId('tried-link').replaceChildren()
    if (devices === 'one') note(ONE_DEVICE)
    byId('revoke-listener').hidden = allows.listener === undefined
    byId('revoke-listener').textContent = `Revoke all links of ${allows.listener}`
  }

  function note(...texts) {
    const list = byId('tried-link')
    list.prepend(make('li', {}, ...texts))
    if (list.childElementCount > MAX_TRIED) list.lastElementChild.remove()
  }

  async function tryOn(device) {
    try {
      note(`Device ${device}: `, makeResult(await requestOn(device, made.link)))
    } catch {
      note(`Device ${device}: the server closed the connection.`)
    }
  }

  async function takeBack(target, what) {
    try {
      note(`Revoked ${what}. ${describeRevoked(await revoke(target))}`)
    } catch (error) {
      note(`Not revoked: ${error.message}`)
    }
  }

  byId('terms').addEventListener('submit', submit)
  byId('made-copy').addEventListener('click', () => copy(made.link.plain, 'Link', byId('made-link')))
  byId('made-play').addEventListener('click', () => {
    player.playLink(made.track, made.link)
    note('Device 1: this page plays the link, and does not renew it.')
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

/** The fields that are filled in. */
function fieldsOf(form) {
  const fields = Object.fromEntries(new FormData(form))
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ''))
}
