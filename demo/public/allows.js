/** What a link allows, in words. */
import { speakTime } from './format.js'

/** One item for each term; `allows` is what the server has read from the link. */
export function describeTerms(title, expires, { playUntil, listener, uses, streams, network, downloadName }) {
  return [
    `It opens ${title} until ${clockTime(expires)}.`,
    playUntil > expires &&
      `Those who have begun may play on for ${speakTime(playUntil - expires)}, until ${clockTime(playUntil)}.`,
    listener !== undefined && `It is for ${listener}. Events and log lines have this name.`,
    uses !== undefined &&
      `${count(uses, 'listener')} may begin. The next one gets 403. A seek does not count.`,
    streams !== undefined &&
      `${count(streams, 'stream')} at a time${listener === undefined ? '' : `, over all links of ${listener}`}. The next one gets 429.`,
    network !== undefined && `It works only from ${network}. Other addresses get 403.`,
    downloadName !== undefined && `Browsers save it as ${downloadName}.`,
  ].filter(text => text !== false)
}

function count(number, what) {
  return number === 1 ? `One ${what}` : `${number} ${what}s`
}

function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString()
}
