/** `sirv`, which checks no signature. */
const sirv = require('sirv')

module.exports = dir => {
  const serve = sirv(dir, { extensions: ['mp3'], etag: true })
  return (req, res) => {
    req.url = req.url.slice('/stream'.length)
    serve(req, res)
  }
}
