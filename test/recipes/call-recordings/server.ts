/** Recordings of a phone system: the agent of a call and the supervisor may listen, also while the call lasts. */
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import express from 'express'
import { createLinks, createStreamRouter, fileState, idFromPath, pathFromId } from 'express-signed-stream'

const { SECRET_KEY: secret, RECORDINGS_DIR: dir = 'recordings', PORT = 8080 } = process.env

interface Call {
  readonly id: string
  readonly agent: string
  readonly supervisor: string
  /** Below the directory of recordings. */
  readonly path: string
  /** The last day on which the recording is kept. */
  readonly keepUntil: string
}

/** Your database, which the phone system fills. */
const calls = new Map(
  [
    {
      id: '1795860900.41',
      agent: 'anna',
      supervisor: 'clara',
      path: '2026/11/28/1795860900.41.wav',
      keepUntil: '2099-12-31',
    },
    {
      id: '1795861800.42',
      agent: 'ben',
      supervisor: 'clara',
      path: '2026/11/28/1795861800.42.mp3',
      keepUntil: '2099-12-31',
    },
    {
      id: '1704110400.7',
      agent: 'anna',
      supervisor: 'clara',
      path: '2024/01/01/1704110400.7.wav',
      keepUntil: '2024-03-31',
    },
  ].map((call: Call) => [call.id, call]),
)

const links = createLinks({
  secret,
  baseUrl: '/stream',
  maxTtl: 3600,
  state: fileState({ file: 'revocations' }),
})
const app = express()

app.use(
  '/stream',
  createStreamRouter({
    dir,
    links,
    growing: true,
    // No browser may play a copy that is shorter than the recording is now, or one that was withdrawn.
    cacheMaxAge: 0,
    // The id is that of the call: paths may contain phone numbers, and links stand in logs.
    resolve: id => {
      const path = calls.get(pathFromId(id) ?? '')?.path
      return path === undefined ? undefined : { path, fileName: basename(path) }
    },
  }),
)

/** Your login. Here a proxy in front, which no client can go around, sets this field. */
function userOf(req: express.Request): string | undefined {
  return req.get('X-Forwarded-User')
}

function mayListen(user: string, { agent, supervisor }: Call): boolean {
  return user === agent || user === supervisor
}

app.get('/calls', (req, res) => {
  const user = userOf(req)
  if (user === undefined) return void res.sendStatus(401)
  const audible = Array.from(calls.values()).filter(call => mayListen(user, call))
  res.json(audible.map(({ id }) => id))
})

app.get('/calls/:id/link', (req, res) => {
  const user = userOf(req)
  if (user === undefined) return void res.sendStatus(401)
  const call = calls.get(req.params.id)
  // The same for the call of somebody else, so that nobody learns which calls there are.
  if (call === undefined || !mayListen(user, call)) return void res.sendStatus(404)
  const { url, expires, playUntil } = links.createLink(idFromPath(call.id), {
    expiresIn: '5m',
    playFor: '2h',
    listener: user,
  })
  res.json({ url, expires, playUntil })
})

app.delete('/calls/:id', async (req, res) => {
  const call = calls.get(req.params.id)
  if (call === undefined || userOf(req) !== call.supervisor) return void res.sendStatus(404)
  await withdraw(call)
  res.sendStatus(204)
})

/** The record goes last: if a step fails, the next attempt finds it. */
async function withdraw({ id, path }: Call): Promise<void> {
  await rm(join(dir, path), { force: true })
  await links.revoke({ track: idFromPath(id) })
  calls.delete(id)
}

async function withdrawExpired(): Promise<void> {
  const today = new Date().toISOString().slice(0, 10)
  for (const call of calls.values()) {
    if (call.keepUntil < today) await withdraw(call)
  }
}

function applyRetention(): void {
  withdrawExpired().catch((error: unknown) => {
    console.error('Cannot withdraw expired recordings:', error)
  })
}
applyRetention()
setInterval(applyRetention, 3_600_000)

app.listen(PORT)
