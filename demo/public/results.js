/** How the page shows what the server did. */
import { make } from './dom.js'

/** The status of a response, and after it the code of a refusal. */
export function makeResult({ status, code }) {
  const kind = status >= 400 ? 'refused' : 'served'
  const texts = code === undefined ? [] : [' ', make('code', {}, code)]
  return make('span', { className: `result ${kind}` }, make('b', { className: 'status' }, status), ...texts)
}

/** What a revocation has ended. */
export function describeRevoked({ streams, isIncomplete }) {
  const ended = streams === 1 ? '1 stream has ended.' : `${streams} streams have ended.`
  return isIncomplete === true
    ? `${ended} A worker does not respond: its streams end 2 seconds after it responds again.`
    : ended
}
