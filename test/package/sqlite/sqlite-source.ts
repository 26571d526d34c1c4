import type { DatabaseSync } from 'node:sqlite'
import { SourceError, type TrackSource } from 'express-signed-stream'

const PIECE = 65_536

/** Tracks of `tracks (number INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, type TEXT, version TEXT, data BLOB)`. */
export function sqliteSource(db: DatabaseSync): TrackSource {
  const rowOf = db.prepare('SELECT number, title, type FROM tracks WHERE id = ?')
  const versionOf = db.prepare('SELECT version, type, length(data) AS size FROM tracks WHERE number = ?')
  const partOf = db.prepare('SELECT substr(data, ?, ?) AS part FROM tracks WHERE number = ? AND version = ?')

  return {
    locate(id) {
      const row = rowOf.get(id)
      return row && { key: String(row.number), type: String(row.type), fileName: String(row.title) }
    },

    open(_id, { key, known }) {
      const row = versionOf.get(key)
      if (!row) return undefined
      const version = String(row.version)
      const etag = `"${version}"`
      if (known?.etag === etag) return known

      return {
        size: Number(row.size),
        type: String(row.type),
        etag,
        async *read({ first, last }, { signal }) {
          for (let at = first; at <= last; at += PIECE) {
            signal.throwIfAborted()
            const found = partOf.get(at + 1, Math.min(PIECE, last + 1 - at), key, version)
            if (!found) throw new SourceError('changed')
            yield found.part as Uint8Array
          }
        },
      }
    },
  }
}
