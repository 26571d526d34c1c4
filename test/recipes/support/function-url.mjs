/** A function URL of AWS Lambda on loopback: events of payload format 2.0, whole responses, and their limit. */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

/** Bytes of the JSON of a response, as Lambda counts it. */
const LIMIT = 6 * 1024 * 1024

const [, , program] = process.argv
const { handler } = await import(pathToFileURL(program))

function eventOf({ method, url, headers, socket }) {
  const [rawPath, rawQueryString = ''] = url.split('?')
  return {
    version: '2.0',
    rawPath,
    rawQueryString,
    headers,
    requestContext: { http: { method, path: rawPath, sourceIp: socket.remoteAddress }, stage: '$default' },
    isBase64Encoded: false,
  }
}

createServer(async (req, res) => {
  const response = await handler(eventOf(req), { awsRequestId: '1', functionName: 'stream' })
  if (JSON.stringify(response).length > LIMIT) {
    res.writeHead(502).end('Internal Server Error')
    return
  }
  const { statusCode, headers, body = '', isBase64Encoded } = response
  res.writeHead(statusCode, headers).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'))
}).listen(process.env.PORT, '127.0.0.1')
