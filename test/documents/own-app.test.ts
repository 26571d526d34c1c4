/** The complete example of docs/your-own-app.md, run as it is printed. */
import { join } from 'node:path'
import { ask, type Answer } from '../support/client'
import { eventually } from '../support/eventually'
import { blockWith, ROOT } from '../support/printed'
import { createWorkplace, type PrintedProgram } from '../support/printed-program'

const workplace = createWorkplace()
workplace.add('uploads/2025/11/4f1c.mp3', join(ROOT, 'audio/morning-tide.mp3'))
workplace.add('uploads/2026/01/9e07.mp3', join(ROOT, 'audio/evening-lanterns.mp3'))
afterAll(workplace.remove)

const code = blockWith('docs/your-own-app.md', 'function findLesson')

function askAs(user: string, { port }: PrintedProgram, path: string, method = 'GET'): Promise<Answer> {
  return ask(port, path, { method, headers: { 'X-User': user } })
}

async function play(user: string, server: PrintedProgram, id: string): Promise<string> {
  const { body } = await askAs(user, server, `/play/${id}`)
  return (JSON.parse(body.toString()) as { url: string }).url
}

it('serves a lesson to those who are enrolled, under its name, and to nobody else', async () => {
  await using server = await workplace.start(code)
  expect((await ask(server.port, '/play/1')).status).toBe(401)
  expect((await askAs('ana', server, '/play/2')).status).toBe(404)
  const lesson = await ask(server.port, await play('ana', server, '1'), { headers: { Range: 'bytes=0-2' } })
  expect([lesson.status, lesson.body.toString()]).toEqual([206, 'ID3'])
  expect(lesson.headers['content-disposition']).toContain(
    "filename*=UTF-8''Lesson%20one%20%E2%80%93%20%C3%9Cbung.mp3",
  )
  expect(lesson.headers['cache-control']).toContain('max-age=0')
})

it('sets a session cookie of the package, and none for responses of the app', async () => {
  await using server = await workplace.start(code)
  const signed = await askAs('ana', server, '/play/1')
  expect(signed.headers['set-cookie']).toBeUndefined()
  expect(JSON.parse(signed.body.toString())).toMatchObject({ playUntil: expect.any(Number) as number })
})

it('refuses links that it signed before a lesson was withdrawn', async () => {
  await using server = await workplace.start(code)
  const url = await play('ana', server, '1')
  expect((await ask(server.port, url)).status).toBe(200)
  expect((await askAs('ana', server, '/withdraw/1', 'POST')).body.toString()).toContain('"streams":0')
  expect((await ask(server.port, url)).status).toBe(403)
  expect((await askAs('ana', server, '/play/1')).status).toBe(404)
})

it('refuses links of a listener who was locked out', async () => {
  await using server = await workplace.start(code)
  const url = await play('ana', server, '1')
  await askAs('bob', server, '/lock-out/ana', 'POST')
  expect((await ask(server.port, url)).status).toBe(403)
})

it('counts the bytes of each listener', async () => {
  await using server = await workplace.start(code)
  const url = await play('ana', server, '1')
  for (const range of ['bytes=0-99', 'bytes=100-149'])
    await ask(server.port, url, { headers: { Range: range } })
  expect(JSON.parse((await askAs('ana', server, '/plays')).body.toString())).toEqual({ 'ana 1': 150 })
})

it('logs no signature', async () => {
  await using server = await workplace.start(code)
  await ask(server.port, await play('ana', server, '1'))
  await eventually(() => server.printed().includes('GET /stream/1 200\n'), 'the request is logged')
  expect(server.printed()).not.toMatch(/sig=|[0-9a-f]{32}/)
})
