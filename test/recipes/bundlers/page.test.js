// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'

test('the player gets a signed link', async () => {
  const url = '/stream/track1?expires=4000000000&sig=0123'
  vi.stubGlobal('fetch', async () => Response.json({ url }))
  document.body.innerHTML = '<audio></audio>'
  await import('./page.js')
  await vi.waitFor(() => expect(document.querySelector('audio').src).toContain(url))
})
