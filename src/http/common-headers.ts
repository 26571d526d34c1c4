/** Header fields of every response, also of a refusal. They replace what the app set before. */
export const COMMON_HEADERS = Object.freeze({
  'X-Content-Type-Options': 'nosniff',
  // The `same-origin` that helmet sets blocks a cross-origin <audio> in every browser engine.
  'Cross-Origin-Resource-Policy': 'cross-origin',
  // The URL opens the file, so it must not leak as a referrer or into a search index.
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'none',
  // If nginx buffers the response, an aborted download looks complete here, and byte counts are wrong.
  'X-Accel-Buffering': 'no',
})
