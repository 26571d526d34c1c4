/** The current link: how long it is valid, and buttons to copy it. */
import { byId, copy, say } from './dom.js'
import { formatTime } from './format.js'
import { listener, revoke } from './server.js'

const BUTTONS = ['copy-link', 'copy-curl', 'revoke', 'renew']

export function createLink(player) {
  function show() {
    const { link } = player
    // Otherwise the focus would be lost with the button.
    if (link === undefined && BUTTONS.includes(document.activeElement.id)) byId('play').focus()
    for (const id of BUTTONS) byId(id).disabled = link === undefined
    byId('link').value = link?.plain ?? ''
    showValidity()
  }

  function showValidity() {
    const { link } = player
    const left = link === undefined ? NaN : Math.max(0, (link.expiresAt - Date.now()) / 1000)
    byId('left').textContent = formatTime(Math.ceil(left))
    byId('left-words').textContent =
      left === 0 ? 'Expired. The page renews it when needed.' : 'until it expires'
    byId('left').parentElement.classList.toggle('soon', left <= 10)
    byId('life').style.width = link === undefined ? '0' : `${Math.min(100, (left / link.lifetime) * 100)}%`
  }

  /** The current link, renewed if it has expired, so that a copy works. */
  async function freshLink() {
    if (player.link.expiresAt - Date.now() < 1000) await player.renew()
    return player.link.plain
  }

  byId('copy-link').addEventListener('click', async () => {
    await copy(await freshLink(), 'Link', byId('link'))
  })
  byId('copy-curl').addEventListener('click', async () => {
    await copy(
      `curl -sS -D - -o part.audio -H 'Range: bytes=0-1023' '${await freshLink()}'`,
      'Command',
      byId('link'),
    )
  })
  byId('lifetime').addEventListener('change', async () => {
    player.lifetime = Number(byId('lifetime').value)
    if (player.track !== undefined) await player.renew()
  })
  byId('renew').addEventListener('click', async () => {
    await player.renew()
    if (player.link !== undefined) say('Signed a new link')
  })
  byId('revoke').addEventListener('click', async () => {
    try {
      await revoke({ listener })
    } catch (error) {
      say(`Not revoked: ${error.message}`, { isFault: true })
      return
    }
    // At once: a track that is in the buffer needs no link for a long time.
    await player.renew()
  })
  for (const type of ['track', 'link', 'refused']) player.addEventListener(type, show)
  setInterval(showValidity, 500)
}
