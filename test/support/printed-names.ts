/** Names that the printed examples of a few lines use without declaring them, with their types. */
export const PRINTED_NAMES = `
import type { Express, Request as Req, RequestHandler } from 'express'
import type { Links, Signer, StreamRouterOptions, TrackSource } from 'express-signed-stream'
import type { S3Client as Client } from '@aws-sdk/client-s3'
import type { Server } from 'node:http'

declare module 'express-serve-static-core' {
  interface Request {
    user: { readonly id: string }
  }
}

declare global {
  const app: Express
  const server: Server
  const secret: string
  const links: Links
  const signer: Signer
  const url: string
  const bucket: string
  const client: Client
  const audio: HTMLAudioElement
  const show: (text: string) => void
  const stream: import('express-signed-stream').StreamHandler
  const keyOf: ReadonlyMap<string, string>
  const hints: Readonly<Record<string, string>>
  const requireLogin: RequestHandler
  const mayHear: (user: { readonly id: string }, track: string) => boolean
  const database: {
    findLesson(id: string, options: { signal: AbortSignal }): Promise<{ path: string; title: string } | undefined>
    isEnrolled(listener: string | undefined, lesson: object): Promise<boolean>
  }
  const plays: { add(play: object): void }
  const morgan: { token(name: string, value: (req: Req) => string): void }
  const sqliteSource: (db: unknown) => TrackSource
  const DatabaseSync: new (path: string) => unknown
  const tests: readonly { readonly name: string; run(): Promise<void> }[]
  const createLinks: typeof import('express-signed-stream').createLinks
  const createStreamHandler: typeof import('express-signed-stream').createStreamHandler
  const createStreamRouter: typeof import('express-signed-stream').createStreamRouter
  const fileSource: typeof import('express-signed-stream').fileSource
  const idFromPath: typeof import('express-signed-stream').idFromPath
  const pathFromId: typeof import('express-signed-stream').pathFromId
  const rangeStream: typeof import('express-signed-stream').rangeStream
  const requireSignedUrl: typeof import('express-signed-stream').requireSignedUrl
  const streamErrorHandler: typeof import('express-signed-stream').streamErrorHandler
  const StreamError: typeof import('express-signed-stream').StreamError
  const validateId: typeof import('express-signed-stream').validateId
  const s3Source: typeof import('express-signed-stream/s3').s3Source
  const keepPlaying: typeof import('express-signed-stream/client').keepPlaying
  const rateLimit: typeof import('express-rate-limit').rateLimit
  const express: typeof import('express')
  const http: typeof import('node:http')
  const basename: typeof import('node:path').basename
  const resolve: NonNullable<StreamRouterOptions['resolve']>
}
`
