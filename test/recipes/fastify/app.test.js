import assert from 'node:assert/strict'
import test from 'node:test'
import { app } from './app.js'

test('a signed link gives a range', async () => {
  const { url } = (await app.inject('/play/track1')).json()
  const response = await app.inject({ url, headers: { range: 'bytes=0-99' } })
  assert.equal(response.statusCode, 206)
  assert.equal(response.rawPayload.length, 100)
})
