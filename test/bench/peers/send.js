/** `send`, which checks no signature. */
const send = require('send')

module.exports = dir => (req, res) => {
  send(req, req.url.slice('/stream'.length).replace(/\?.*/, '.mp3'), { root: dir }).pipe(res)
}
