/** Short functions for elements of the page. */

export const byId = id => document.getElementById(id)

/** An element with text or children; `attributes` also takes `className`. */
export function make(name, { className, ...attributes } = {}, ...children) {
  const element = document.createElement(name)
  if (className !== undefined) element.className = className
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  element.append(...children)
  return element
}

let timer

/** Shows a message, which disappears by itself unless it is a fault. */
export function say(text, { isFault = false } = {}) {
  clearTimeout(timer)
  byId('message').textContent = text
  byId('message').classList.toggle('fault', isFault)
  if (!isFault && text !== '') timer = setTimeout(() => say(''), 4000)
}

/** Copies a text, or selects it in `field`. */
export async function copy(text, what, field) {
  try {
    await navigator.clipboard.writeText(text)
    say(`${what} copied`)
  } catch {
    // Browsers deny the clipboard to pages that came by plain http, except from localhost.
    field.value = text
    field.select()
    say('Selected. Copy it with your keyboard or menu.')
  }
}
