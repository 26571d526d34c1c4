/** The recipe of `docs/recipes/course-platform.md`, installed, with students in real browsers. */
import { once } from 'node:events'
import { mkdirSync, renameSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { makeEnder } from '../support/at-the-end'
import { ask, type Answer } from '../support/client'
import { eventually } from '../support/eventually'
import { makeWorkshop } from '../support/installed-program'
import { addLongRecording, LONG } from '../support/recordings'
import { makeRecipeProject, startRecipe, type RunningRecipe } from '../support/recipe'
import { BROWSERS, type BrowserPage } from './browsers'
import { openForEachTest } from './each-page'
import { addSlowLine, type SlowLine } from './slow-line'

jest.setTimeout(180_000)

/** Bytes in a second: far less than all of the lesson is in the buffer when a student is withdrawn. */
const LINE = 1_500_000

const atTheEnd = makeEnder()
const project = makeRecipeProject('course-platform')
atTheEnd(project.remove)
let server: RunningRecipe

beforeAll(async () => {
  const workshop = makeWorkshop()
  atTheEnd(workshop.remove)
  await addLongRecording(workshop)
  mkdirSync(join(project.path, 'audio'))
  renameSync(workshop.file(`${LONG}.mp3`), join(project.path, 'audio/lesson-1.mp3'))
})
beforeEach(async () => {
  server = await startRecipe(project.path, 'server.ts', { node: '24' })
})
afterEach(() => server.stop())

async function logIn(user: string): Promise<string> {
  const { headers } = await ask(server.port, `/login/${user}`, { method: 'POST' })
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

function askAs(cookie: string, path: string, method = 'GET'): Promise<Answer> {
  return ask(server.port, path, { method, headers: { Cookie: cookie } })
}

async function withdraw(user: string): Promise<void> {
  expect((await askAs(await logIn('teacher'), `/withdraw/piano/${user}`, 'POST')).status).toBe(204)
}

describe('The server of the course platform', () => {
  it('makes links for those who are enrolled, and lets only the teacher withdraw', async () => {
    expect((await ask(server.port, '/play/lesson-1')).status).toBe(401)
    expect((await askAs(await logIn('mallory'), '/play/lesson-1')).status).toBe(403)
    const anna = await logIn('anna')
    expect((await askAs(anna, '/play/lesson-9')).status).toBe(404)
    expect((await askAs(anna, '/play/lesson-1')).status).toBe(200)
    expect((await askAs(anna, '/withdraw/piano/ben', 'POST')).status).toBe(403)
  })

  it('sets no cookie with a stream, and lets no browser keep it', async () => {
    const { body } = await askAs(await logIn('anna'), '/play/lesson-1')
    const { url } = JSON.parse(body.toString()) as { url: string }
    const { status, headers } = await ask(server.port, url, { headers: { Range: 'bytes=0-99' } })
    expect(status).toBe(206)
    expect(headers).not.toHaveProperty('set-cookie')
    expect(headers['cache-control']).toMatch(/private.*max-age=0|no-store/)
  })

  it('saves a download under the title of the lesson', async () => {
    const { status, headers } = await askAs(await logIn('anna'), '/download/lesson-1')
    expect(status).toBe(302)
    const file = await ask(server.port, headers.location ?? '', { method: 'HEAD' })
    expect(file.headers['content-disposition']).toBe(
      `attachment; filename="Lesson 1 _ Scales.mp3"; filename*=UTF-8''Lesson%201%20%E2%80%93%20Scales.mp3`,
    )
  })

  it('ends the stream and the link of a student who is withdrawn, also after a restart, and of nobody else', async () => {
    const [anna, ben] = await Promise.all(
      ['anna', 'ben'].map(async user => {
        const { body } = await askAs(await logIn(user), '/play/lesson-1')
        const { url } = JSON.parse(body.toString()) as { url: string }
        const request = get(server.origin + url, { agent: false }).on('error', () => undefined)
        const [response] = (await once(request, 'response')) as [IncomingMessage]
        await once(
          response.on('error', () => undefined),
          'readable',
        )
        return { url, isComplete: () => completes(response) }
      }),
    )
    await withdraw('anna')
    expect([await anna?.isComplete(), await ben?.isComplete()]).toEqual([false, true])
    await server.stop()
    server = await startRecipe(project.path, 'server.ts', { node: '24', port: server.port })
    expect((await ask(server.port, anna?.url ?? '')).status).toBe(403)
    expect((await ask(server.port, ben?.url ?? '', { method: 'HEAD' })).status).toBe(200)
  })

  it('gives a student who is withdrawn no new link', async () => {
    await withdraw('anna')
    expect((await askAs(await logIn('anna'), '/play/lesson-1')).status).toBe(403)
  })
})

function completes(response: IncomingMessage): Promise<boolean> {
  return new Promise(resolve => {
    response.once('close', () => {
      resolve(response.complete)
    })
    response.resume()
  })
}

describe.each(BROWSERS)('A student in %s', (_name, launch) => {
  let line: SlowLine
  let page: BrowserPage

  openForEachTest(launch, async opened => {
    page = opened
    line = await addSlowLine(server.origin, LINE)
    await page.goto(`${line.origin}/client/index.js`)
  })
  afterEach(() => line.close())

  async function openLesson(user: string): Promise<void> {
    await page.evaluate(`fetch('/login/${user}', { method: 'POST' }).then(() => undefined)`)
    await page.goto(line.origin)
  }

  /** Resolves with what the page says, once it says something. */
  function shown(): Promise<string> {
    return page.evaluate(`new Promise(resolve => {
      const status = document.getElementById('status')
      const look = () => { if (status.textContent !== '') resolve(status.textContent) }
      new MutationObserver(look).observe(status, { childList: true })
      look()
    })`)
  }

  it('who has not logged in gets a request to', async () => {
    await page.goto(line.origin)
    expect(await shown()).toBe('Please log in.')
  })

  it('shows a user who is not enrolled why nothing plays', async () => {
    await openLesson('mallory')
    expect(await shown()).toBe('You are not enrolled.')
  })

  it('who is withdrawn hears nothing more at once, not even the buffer, and the page says why', async () => {
    await openLesson('anna')
    await eventually(() => page.evaluate<boolean>('audio.readyState > 0'), 'the lesson is loaded')
    const position = await page.evaluate<number>(`new Promise((resolve, reject) => {
      audio.addEventListener('timeupdate', () => { if (audio.currentTime > 0.3) resolve(audio.currentTime) })
      audio.play().catch(reject)
    })`)
    expect(position).toBeGreaterThan(0.3)
    await withdraw('anna')
    expect(await shown()).toBe('You are not enrolled.')
    expect(await page.evaluate('[audio.hasAttribute("src"), audio.paused, audio.buffered.length]')).toEqual([
      false,
      true,
      0,
    ])
  })
})
