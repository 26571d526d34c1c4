/**
 * Measures our servers beside others: `npm run bench -- [part...] [--print]`, all parts if none is named. Writes the
 * tables of docs/benchmarks.md and docs/performance.md and the chart, except with `--print`. The environment says how
 * often and how long (ROUNDS, LAPS, SLICE, WARM_UP: see `Plan` in measure/laps.ts).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describePeers } from './contenders/versions'
import { Workspace } from './load/library'
import { stopAllChildren } from './measure/child'
import { planOf } from './measure/laps'
import { describeRun, hasCommand, pinSelf } from './measure/machine'
import { PARTS } from './parts'
import type { Part } from './parts/part'
import { replaceSection } from './report/document'
import type { Findings } from './report/findings'
import { reportGoals } from './report/goals'

const DOCS = join(__dirname, '..', '..', 'docs')

const plan = planOf(process.env)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { print: { type: 'boolean', default: false } },
  })
  const unknown = positionals.find(name => !PARTS.some(part => part.name === name))
  if (unknown !== undefined)
    throw new Error(`Cannot measure ${unknown}: parts are ${PARTS.map(({ name }) => name).join(', ')}`)
  pinSelf()
  for (const part of PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const circumstances = `Measured on ${describeRun()}; ${describePeers()}; rounds: ${plan.rounds}.`
    const begun = performance.now()
    try {
      const findings = await runPart(part)
      publish(part, circumstances, findings, values.print)
    } catch (error) {
      console.error(`Cannot measure ${part.name}: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
    say(part, `${((performance.now() - begun) / 60_000).toFixed(1)} minutes`)
  }
}

/** Within its time; whatever it leaves is stopped. */
async function runPart(part: Part): Promise<Findings> {
  const missing = part.needs.filter(command => !hasCommand('sh', '-c', `command -v ${command}`))
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}; see test/bench/setup`)
  const workspace = new Workspace()
  process.once('exit', workspace.remove)
  const minutes = part.minutes * (plan.rounds + 1)
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it took more than ${minutes} minutes`))
    }, minutes * 60_000)
  })
  try {
    const bench = { plan, workspace, directory: workspace.dir, say: say.bind(undefined, part) }
    return await Promise.race([part.run(bench), tooLong])
  } finally {
    clearTimeout(timer)
    await stopAllChildren()
    process.off('exit', workspace.remove)
    workspace.remove()
  }
}

function publish(part: Part, circumstances: string, findings: Findings, isPrinted: boolean): void {
  const { report, summary, chart, figures } = findings
  const text = [circumstances, report, reportGoals(part.name, figures)].filter(Boolean).join('\n\n')
  console.log(`\n${text}\n`)
  if (isPrinted) return
  replaceSection(join(DOCS, 'benchmarks.md'), part.name, text)
  if (summary !== undefined) replaceSection(join(DOCS, 'performance.md'), part.name, summary)
  if (chart !== undefined) writeFileSync(join(DOCS, 'performance.svg'), chart)
}

function say({ name }: Part, text: string): void {
  console.error(`… ${name}: ${text}`)
}

void main()
