/** The recipe of `docs/recipes/database-ids.md`, with a database. Node 24 is the first LTS with node:sqlite. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinks } from 'express-signed-stream'
import { makeEnder } from '../support/at-the-end'
import { ask, type Answer } from '../support/client'
import { makeRecipeProject, startRecipe, type RunningRecipe } from '../support/recipe'
import { SECRET, TRACK } from '../support/tracks'
import { ROOT, run } from './packed'

jest.setTimeout(180_000)

const atTheEnd = makeEnder()

const project = makeRecipeProject('database-ids')
atTheEnd(project.remove)
const { path } = project
const OTHER = TRACK.subarray(4)
let server: RunningRecipe

/** Runs statements by a process of its own, as any other part of an app would. */
async function sql(statements: string): Promise<void> {
  const code = `new (require('node:sqlite').DatabaseSync)('shop.db').exec(process.argv[1])`
  await run(path, join(ROOT, '.ci/on-node'), '24', 'node', '-e', code, statements)
}

beforeAll(async () => {
  mkdirSync(join(path, 'audio/Café Müller'), { recursive: true })
  writeFileSync(join(path, 'audio/Café Müller/01 – Intro.flac'), TRACK)
  writeFileSync(join(path, 'audio/second.mp3'), OTHER)
  writeFileSync(join(path, 'private.mp3'), TRACK)
  await run(
    path,
    join(ROOT, '.ci/on-node'),
    '24',
    'node',
    '-e',
    `
    const { DatabaseSync } = require('node:sqlite')
    new DatabaseSync('shop.db').exec(require('node:fs').readFileSync('schema.sql', 'utf8'))`,
  )
  await sql(`
    INSERT INTO tracks VALUES (1042, 'Café Müller/01 – Intro.flac', NULL, 'Intro.flac');
    INSERT INTO tracks VALUES (1043, 'second.mp3', NULL, NULL);
    INSERT INTO tracks VALUES (1044, '../private.mp3', NULL, NULL);
    INSERT INTO purchases VALUES ('anna', 1042), ('anna', 1043), ('anna', 1044);`)
  server = await startRecipe(path, 'server.ts', { node: '24' })
  atTheEnd(() => server.stop())
})

function play(id: string, user?: string): Promise<Answer> {
  return ask(server.port, `/play/${id}`, user === undefined ? {} : { headers: { 'X-Forwarded-User': user } })
}

async function urlFor(id: string): Promise<string> {
  return (JSON.parse((await play(id, 'anna')).body.toString()) as { url: string }).url
}

describe('The recipe with a database', () => {
  it('makes links for a user who has bought the track, and for nobody else', async () => {
    const statuses = [play('1042'), play('1042', 'ben'), play('1046', 'anna'), play('1042', 'anna')]
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([401, 403, 403, 200])
  })

  it('plays the file that the row names, and saves it under the name of the row', async () => {
    const { status, headers, body } = await ask(server.port, await urlFor('1042'))
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'audio/flac',
      'inline; filename="Intro.flac"',
    ])
    expect(body.equals(TRACK)).toBe(true)
  })

  it('seeks in it', async () => {
    const answer = await ask(server.port, await urlFor('1042'), { headers: { Range: 'bytes=1000-1999' } })
    expect([answer.status, answer.body.equals(TRACK.subarray(1000, 2000))]).toEqual([206, true])
  })

  it('serves another file by the same link as soon as the row names another', async () => {
    const url = await urlFor('1043')
    expect((await ask(server.port, url)).body.equals(OTHER)).toBe(true)
    await sql(`UPDATE tracks SET path = 'Café Müller/01 – Intro.flac' WHERE id = 1043`)
    expect((await ask(server.port, url)).body.equals(TRACK)).toBe(true)
  })

  it('responds with 404 to a row that leads out of the directory, and to an id without a row', async () => {
    expect((await ask(server.port, await urlFor('1044'))).status).toBe(404)
    const links = createLinks({ secret: SECRET, baseUrl: '/stream' })
    expect((await ask(server.port, links.signUrl('9', { expiresIn: 60 }))).status).toBe(404)
  })
})
