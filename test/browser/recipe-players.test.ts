/** The players of `docs/recipes/react-and-plain-player.md` in real browsers; React is installed for them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import express from 'express'
import { createLinks, createStreamRouter } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { eventually } from '../support/eventually'
import { makeWorkshop } from '../support/installed-program'
import { addLongRecording, LONG } from '../support/recordings'
import { makeRecipeProject } from '../support/recipe'
import { listen, type RunningServer } from '../support/server'
import { SECRET } from '../support/tracks'
import { BROWSERS, type BrowserPage } from './browsers'
import { openForEachTest } from './each-page'

jest.setTimeout(180_000)

/** An app around the component, in strict mode, in which React mounts everything twice. */
const APP = `
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { TrackPlayer } from './track-player'

const root = createRoot(document.getElementById('root')!)
Object.assign(window, {
  show: (tracks: string[]) => root.render(
    <StrictMode>{tracks.map((track, index) => <TrackPlayer key={index} track={track} />)}</StrictMode>,
  ),
})
`
/** The same recording under several names: more than a browser keeps in its buffer. */
const TRACKS = ['morning-tide', 'evening-lanterns', 'third'] as const

const atTheEnd = makeEnder()
const project = makeRecipeProject('players')
atTheEnd(project.remove)

const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
let app: RunningServer
/** Tracks for which the app was asked to sign. */
let signings: string[]
let isAllowed: boolean
/** Seconds. */
let life: number

beforeAll(async () => {
  const workshop = makeWorkshop()
  atTheEnd(workshop.remove)
  await addLongRecording(workshop)
  for (const track of TRACKS) cpSync(workshop.file(`${LONG}.mp3`), workshop.file(`${track}.mp3`))
  writeFileSync(join(project.path, 'app.tsx'), APP)
  buildSync({
    entryPoints: [join(project.path, 'app.tsx')],
    outfile: join(project.path, 'app.js'),
    bundle: true,
  })
  app = await listen(makeApp(workshop.path))
  atTheEnd(() => app.close())
})
beforeEach(() => {
  signings = []
  isAllowed = true
  life = 600
})

function makeApp(dir: string) {
  const page = '<!doctype html><html lang="en"><div id="root"></div><script src="/app.js"></script></html>'
  return express()
    .use('/stream', createStreamRouter({ dir, links }))
    .use('/client', express.static(join(project.path, 'node_modules/express-signed-stream/dist/client')))
    .get('/play/:id', (req, res) => {
      signings.push(req.params.id)
      if (isAllowed) res.json({ url: links.signUrl(req.params.id, { expiresIn: life }) })
      else res.sendStatus(403)
    })
    .get('/react', (_req, res) => res.send(page))
    .get('/plain', (_req, res) => res.send(readFileSync(join(project.path, 'plain.html'), 'utf8')))
    .get('/app.js', (_req, res) => {
      res.sendFile(join(project.path, 'app.js'))
    })
}

describe.each(BROWSERS)('In %s', (_name, launch) => {
  let page: BrowserPage

  openForEachTest(launch, opened => {
    page = opened
  })
  afterEach(() => eventually(() => links.streams().length === 0, 'no stream is left of the page'))

  /** Resolves when the expression holds in the page. */
  async function until(expression: string): Promise<void> {
    await eventually(() => page.evaluate<boolean>(`Boolean(${expression})`), expression)
  }

  function isPlaying(track: string): string {
    return `[...document.querySelectorAll('audio')].some(
      audio => audio.currentTime > 0.2 && !audio.paused && audio.src.includes('/stream/${track}?'))`
  }

  describe('the React component', () => {
    beforeEach(() => page.goto(`${app.origin}/react`))

    async function show(...tracks: readonly string[]): Promise<void> {
      await page.evaluate(`show(${JSON.stringify(tracks)})`)
    }

    async function play(track: string): Promise<void> {
      await until(`[...document.querySelectorAll('audio')].some(audio => audio.src.includes('/${track}?'))`)
      await page.evaluate(`void [...document.querySelectorAll('audio')]
        .find(audio => audio.src.includes('/${track}?')).play()`)
      await until(isPlaying(track))
    }

    it('plays a track', async () => {
      await show(TRACKS[0])
      await play(TRACKS[0])
    })

    it('plays another track in the same element', async () => {
      await show(TRACKS[0])
      await play(TRACKS[0])
      await show(TRACKS[1])
      await play(TRACKS[1])
      expect(links.streams().map(({ id }) => id)).not.toContain(TRACKS[0])
    })

    it('lets go of the stream when it is removed, and signs no more', async () => {
      life = 2
      await show(TRACKS[0], TRACKS[2])
      await play(TRACKS[2])
      await show(TRACKS[0])
      const { length } = signings
      await play(TRACKS[0])
      // The other one renews, by the same clock.
      await eventually(() => signings.slice(length).length >= 3, 'the other player renews three times')
      expect(new Set(signings.slice(length))).toEqual(new Set([TRACKS[0]]))
      expect(links.streams().map(({ id }) => id)).not.toContain(TRACKS[2])
    })

    it('shows that a track does not play, and plays the next one', async () => {
      isAllowed = false
      await show(TRACKS[0])
      await until(`document.querySelector('[role=alert]')`)
      isAllowed = true
      await show(TRACKS[1])
      await play(TRACKS[1])
      await until(`!document.querySelector('[role=alert]')`)
    })
  })

  describe('the plain page', () => {
    beforeEach(() => page.goto(`${app.origin}/plain`))

    async function choose(track: string): Promise<void> {
      await page.evaluate(`document.querySelector('[data-track=${track}]').click()`)
    }

    it('plays a track, and another one after it', async () => {
      for (const track of [TRACKS[0], TRACKS[1]]) {
        await choose(track)
        await until(isPlaying(track))
      }
      expect(signings).toEqual([TRACKS[0], TRACKS[1]])
    })

    it('plays on past the expiry of its links', async () => {
      life = 2
      await choose(TRACKS[0])
      await eventually(() => signings.length >= 4, 'it renews three times')
      await until(isPlaying(TRACKS[0]))
    })

    it('shows that a track does not play', async () => {
      isAllowed = false
      await choose(TRACKS[0])
      await until(`document.querySelector('[role=alert]').textContent !== ''`)
    })
  })
})
