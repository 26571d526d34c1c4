/** A load of requests on keep-alive connections, each of which sends its next request when it has the whole answer. */
import { connect } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly milliseconds: number
  /** The whole text of request number `index`. */
  readonly makeRequest: (index: number) => string
  readonly status: number
  /** Bytes of body that each answer must have; undefined where that is the server's business. */
  readonly length: number | undefined
}

/** All connections read into this one; nobody looks at what is in it for longer than a call. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024)

/** @returns how many requests were answered; rejects where an answer is not of the expected status and length */
export async function runLoad(load: Load): Promise<number> {
  const { port, connections, milliseconds, makeRequest, status, length } = load
  const deadline = performance.now() + milliseconds
  let asked = 0

  function converse(): Promise<void> {
    return new Promise((resolve, reject) => {
      let missing = 0
      let head = ''

      function ask(): void {
        if (performance.now() < deadline) {
          socket.write(makeRequest(asked++))
          return
        }
        socket.destroy()
        resolve()
      }

      /** @returns how many bytes of `chunk` are of the head */
      function readHead(chunk: Buffer): number {
        const end = chunk.indexOf('\r\n\r\n')
        head += chunk.toString('latin1', 0, end < 0 ? chunk.length : end)
        if (end < 0) return chunk.length
        if (!head.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`Expected ${status}, got ${head}`)
        missing = status === 304 ? 0 : Number(/content-length: (\d+)/i.exec(head)?.[1])
        if (length !== undefined && missing !== length)
          throw new Error(`Expected ${length} bytes, got ${head}`)
        head = ''
        return end + 4
      }

      function read(count: number): void {
        const headBytes = missing > 0 ? 0 : readHead(buffer.subarray(0, count))
        missing -= count - headBytes
        if (missing === 0 && head === '') ask()
      }

      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer,
          callback: count => {
            try {
              read(count)
            } catch (error) {
              socket.destroy(error as Error)
            }
            return true
          },
        },
      })
      socket.on('connect', ask)
      socket.on('error', reject)
      socket.on('close', () => {
        reject(new Error('The server closed the connection'))
      })
    })
  }
  await Promise.all(Array.from({ length: connections }, converse))
  return asked
}
