import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { app } from './app.js'

test('a signed link gives a range', async () => {
  const server = createServer(app).listen(0)
  await once(server, 'listening')
  const origin = `http://localhost:${server.address().port}`
  const { url } = await (await fetch(`${origin}/play/track1`)).json()
  const response = await fetch(origin + url, { headers: { Range: 'bytes=0-99' } })
  expect(response.status).toBe(206)
  expect((await response.arrayBuffer()).byteLength).toBe(100)
  server.closeAllConnections()
  server.close()
})
