import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sourceContract } from 'express-signed-stream/testing'
import { sqliteSource } from './sqlite-source.ts'

const db = new DatabaseSync(':memory:')
db.exec(`CREATE TABLE tracks (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
  type TEXT NOT NULL, version TEXT NOT NULL, data BLOB NOT NULL)`)
const insert = db.prepare('INSERT INTO tracks (id, title, type, version, data) VALUES (?, ?, ?, ?, ?)')
const update = db.prepare('UPDATE tracks SET data = ?, version = ? WHERE id = ?')
const remove = db.prepare('DELETE FROM tracks WHERE id = ?')

const tests = sourceContract({
  make: () => sqliteSource(db),
  put: (id, bytes, { type }) => insert.run(id, `${id}.mp3`, type, randomUUID(), bytes),
  replace: (id, bytes) => update.run(bytes, randomUUID(), id),
  remove: id => remove.run(id),
})
for (const { name, run } of tests) test(`sqliteSource ${name}`, run)
