/** What steps wait for. All of it rejects when `signal` is aborted. */

/** Shows the remaining seconds in `item`, hidden from screen readers, which would read out each of them. */
export async function countDown(until, item, signal) {
  item.setAttribute('aria-busy', 'true')
  for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
    item.textContent = `It expires in ${Math.ceil(left / 1000)} s.`
    await sleep(Math.min(left, 250), signal)
  }
  item.textContent = 'It has expired.'
  item.removeAttribute('aria-busy')
}

export function happens(target, type, signal) {
  const happened = new Promise((resolve, reject) => {
    target.addEventListener(type, resolve, { once: true, signal })
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  // It may reject when no step waits for it any more.
  happened.catch(() => {})
  return happened
}

export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
}
