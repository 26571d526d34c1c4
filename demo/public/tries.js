/** The tries: what a link can do, each at a button. The steps of one appear as they happen. */
import { byId, make } from './dom.js'
import { tryExpiry } from './expiry.js'
import { makeResult } from './results.js'
import { TERM_TRIES } from './term-tries.js'

const TRIES = [{ name: 'Expiry', hint: 'renewed during playback', run: tryExpiry }, ...TERM_TRIES]

export function createTries(player) {
  let current = new AbortController()

  async function start({ name, run }, button) {
    stop()
    const controller = new AbortController()
    const { signal } = controller
    current = controller
    button.setAttribute('aria-current', 'true')
    byId('steps').replaceChildren()
    byId('steps-title').textContent = name
    byId('tried').hidden = false
    try {
      await run({ player, step, signal })
      signal.throwIfAborted()
      byId('steps').lastElementChild.classList.add('last')
    } catch (error) {
      if (!signal.aborted) step(`This try failed: ${error.message}`).classList.add('failed')
    } finally {
      // Ends the streams that it began.
      controller.abort()
    }
  }

  function stop() {
    current.abort()
    for (const { firstElementChild } of byId('tries').children)
      firstElementChild.removeAttribute('aria-current')
  }

  for (const each of TRIES) {
    const button = make(
      'button',
      { type: 'button', className: 'tile', disabled: '' },
      make('b', {}, each.name),
      ' ',
      make('span', {}, each.hint),
    )
    button.addEventListener('click', () => start(each, button))
    byId('tries').append(make('li', {}, button))
  }
  player.addEventListener('track', () => {
    stop()
    byId('tried').hidden = true
    for (const { firstElementChild } of byId('tries').children) firstElementChild.disabled = false
  })
}

/** Shows a step, which may have the result of a request: `{ status, code }`. @returns its element */
function step(text, result) {
  const said = make('span', {}, text, ...(result === undefined ? [] : [' ', makeResult(result)]))
  const item = make('li', {}, said)
  byId('steps').append(item)
  return item
}
