/** The program: `npm run demo`. */
import { startDemo } from './start'

async function main(): Promise<void> {
  const demo = await startDemo(process.env, console)
  if (demo === undefined) {
    process.exitCode = 1
    return
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: a second Ctrl+C ends it without waiting for listeners.
    process.once(signal, () => void demo.stop())
  }
}

void main()
