/** A course platform: who is enrolled gets links of 5 minutes, which the page renews; who is withdrawn hears no more. */
import { EventEmitter } from 'node:events'
import express, { type RequestHandler } from 'express'
import session from 'express-session'
import { createLinks, createStreamRouter, fileState } from 'express-signed-stream'

declare module 'express-session' {
  interface SessionData {
    user: string
  }
}

const { SECRET_KEY = '', PORT = 8080 } = process.env

/** Your database. */
const lessons = new Map([['lesson-1', { course: 'piano', title: 'Lesson 1 – Scales' }]])
const students = new Map([['piano', new Set(['anna', 'ben'])]])
/** Emits who is withdrawn, to the pages of that student. */
const withdrawals = new EventEmitter().setMaxListeners(0)

const links = createLinks({
  secret: SECRET_KEY,
  baseUrl: '/stream',
  maxTtl: 3600,
  state: fileState({ file: 'revocations' }),
})
const app = express()

// Before the session: the link is the key. cacheMaxAge: no copy in the browser may play after a withdrawal.
app.use('/stream', createStreamRouter({ dir: 'audio', links, cacheMaxAge: 0 }))
app.use('/client', express.static('node_modules/express-signed-stream/dist/client'))
app.use(express.static('public'))
app.use(session({ secret: SECRET_KEY, resave: false, saveUninitialized: false }))

// Your login.
app.post('/login/:user', (req, res) => {
  req.session.user = req.params.user
  res.sendStatus(204)
})

const requireEnrolment: RequestHandler<{ lesson: string }> = (req, res, next) => {
  const { user } = req.session
  const course = lessons.get(req.params.lesson)?.course
  if (user === undefined) res.sendStatus(401)
  else if (course === undefined) res.sendStatus(404)
  else if (students.get(course)?.has(user) === true) next()
  else res.sendStatus(403)
}

app.get('/play/:lesson', requireEnrolment, (req, res) => {
  const { lesson } = req.params
  const { url, expires } = links.createLink(lesson, {
    expiresIn: '5m',
    listener: listenerOf(lesson, req.session.user),
  })
  res.json({ url, expires })
})

app.get('/withdrawal/:lesson', requireEnrolment, (req, res) => {
  const listener = listenerOf(req.params.lesson, req.session.user)
  const send = () => res.end('data: withdrawn\n\n')
  withdrawals.once(listener, send)
  res.once('close', () => withdrawals.off(listener, send))
  res.type('text/event-stream').flushHeaders()
})

app.get('/download/:lesson', requireEnrolment, (req, res) => {
  const { lesson } = req.params
  const listener = listenerOf(lesson, req.session.user)
  const downloadName = `${lessons.get(lesson)?.title ?? lesson}.mp3`
  res.redirect(links.signUrl(lesson, { expiresIn: '5m', listener, downloadName }))
})

app.post('/withdraw/:course/:user', async (req, res) => {
  if (req.session.user !== 'teacher') return void res.sendStatus(403)
  const { course, user } = req.params
  students.get(course)?.delete(user)
  await links.revoke({ listener: `${course}-${user}` })
  withdrawals.emit(`${course}-${user}`)
  res.sendStatus(204)
})

/** A student of one course: to withdraw from it takes nothing of another. */
function listenerOf(lesson: string, user = ''): string {
  return `${lessons.get(lesson)?.course ?? ''}-${user}`
}

app.listen(PORT)
