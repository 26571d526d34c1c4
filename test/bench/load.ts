/** A load of requests on keep-alive connections, each of which sends its next request when it has the whole answer. */
import { connect } from 'node:net'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly requests: number
  /** The whole text of request number `index`. */
  readonly makeRequest: (index: number) => string
  readonly status: number
}

/** @returns body bytes received; rejects where an answer is not of the expected status */
export async function runLoad({ port, connections, requests, makeRequest, status }: Load): Promise<number> {
  let asked = 0
  let bytes = 0

  function converse(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let missing = 0
      let head = ''
      function ask(): void {
        if (asked >= requests) {
          socket.destroy()
          resolve()
          return
        }
        socket.write(makeRequest(asked++))
      }
      socket.on('connect', ask)
      socket.on('error', reject)
      socket.on('close', () => {
        reject(new Error(`The server closed the connection after ${head}`))
      })
      socket.on('data', chunk => {
        let body = chunk.length
        if (missing === 0) {
          const end = chunk.indexOf('\r\n\r\n')
          head = chunk.toString('latin1', 0, end)
          if (!head.startsWith(`HTTP/1.1 ${status} `)) {
            reject(new Error(`Expected ${status}, got ${head}`))
            return
          }
          missing = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
          body -= end + 4
        }
        missing -= body
        bytes += body
        if (missing === 0) ask()
      })
    })
  }
  await Promise.all(Array.from({ length: connections }, converse))
  return bytes
}
