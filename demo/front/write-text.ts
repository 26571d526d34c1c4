/** Responds with a line of plain text, as health and metrics do. */
import type { ServerResponse } from 'node:http'

export function writeText(
  res: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
    'Cache-Control': 'no-store',
  })
  res.end(`${text}\n`)
}
