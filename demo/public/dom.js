/** Short words for what the page does with its elements. */

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

/** Tells the listener; what is no fault goes away by itself. */
export function say(text, { isFault = false } = {}) {
  clearTimeout(timer)
  byId('message').textContent = text
  byId('message').classList.toggle('fault', isFault)
  if (!isFault && text !== '') timer = setTimeout(() => say(''), 4000)
}
