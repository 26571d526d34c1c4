/** Ceph's gateway, a real S3 server, from Debian's packages. */
import { S3Client } from '@aws-sdk/client-s3'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Below the ports that the system gives to clients. */
const FIRST_PORT = 21100
/** The gateway and its daemons. */
const PORTS = 21

const PROGRAM = join(__dirname, '../../.ci/s3-server')

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string
  readonly client: S3Client
}

export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 's3-server-'))
  const { stdout } = await run(PROGRAM, ['start', directory, String(await findPort())])
  const settings = new Map(
    stdout
      .trim()
      .split('\n')
      .map(line => line.split('=', 2) as [string, string]),
  )
  function setting(name: string): string {
    const value = settings.get(name)
    if (value === undefined) throw new Error(`.ci/s3-server does not print ${name}`)
    return value
  }
  const endpoint = setting('AWS_ENDPOINT_URL_S3')
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: setting('AWS_REGION'),
    credentials: {
      accessKeyId: setting('AWS_ACCESS_KEY_ID'),
      secretAccessKey: setting('AWS_SECRET_ACCESS_KEY'),
    },
    maxAttempts: 2,
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return {
    endpoint,
    client,
    async [Symbol.asyncDispose]() {
      client.destroy()
      await run(PROGRAM, ['stop', directory])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The first of enough ports of loopback that nobody listens on. */
async function findPort(): Promise<number> {
  for (let port = FIRST_PORT; ; port += PORTS) {
    const all = Array.from({ length: PORTS }, (_, index) => isFree(port + index))
    if ((await Promise.all(all)).every(Boolean)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
