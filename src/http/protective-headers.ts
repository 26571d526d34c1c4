/** Fields that every answer carries, served or refused, whatever the app's own headers said. */
export const PROTECTIVE_HEADERS = Object.freeze({
  'X-Content-Type-Options': 'nosniff',
  // helmet's `same-origin` stops a cross-origin <audio> in every browser engine.
  'Cross-Origin-Resource-Policy': 'cross-origin',
  // The URL is the key to the file: it must not travel on as a referrer, nor into an index.
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'none',
  // Behind nginx's buffering, an abort is never seen and every byte count is fiction.
  'X-Accel-Buffering': 'no',
})
