/** What a link allows, in words. */
import { speakTime } from './format.js'

/** One sentence for each term; `allows` is what the server has read from the link. */
export function describeTerms(title, expires, { playUntil, listener, uses, streams, network, downloadName }) {
  return [
    `It opens ${title} until ${clockTime(expires)}.`,
    playUntil > expires &&
      `Who began by then may go on for ${speakTime(playUntil - expires)}, until ${clockTime(playUntil)}.`,
    listener !== undefined && `It was made for ${listener}: each event and log line says so.`,
    uses !== undefined &&
      `${count(uses, 'listener')} may begin. The next one gets 403, LINK_USED_UP; a seek costs nothing.`,
    streams !== undefined &&
      `${count(streams, 'device')} may listen at a time${listener === undefined ? '' : `, by all links of ${listener}`}. The next one gets 429.`,
    network !== undefined && `It works only from ${network}. Elsewhere it is refused with 403.`,
    downloadName !== undefined && `A click on it saves ${downloadName}, in place of playing it.`,
  ].filter(text => text !== false)
}

function count(number, what) {
  return number === 1 ? `One ${what}` : `${number} ${what}s`
}

function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString()
}
