/**
 * Measures our servers beside others: `npm run bench -- [cpu] [memory] [latency] [--print]`, all parts where none is
 * named. Writes docs/performance.md and its chart, but for `--print`. ROUNDS in the environment, 3 by default.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawChart } from './chart'
import { describePeers, findContenders } from './contenders'
import { replaceSection } from './document'
import { reportGoals } from './goals'
import { Workspace } from './library'
import { describeMachine, describeRun, hasCommand, pinSelf } from './machine'
import { measureCpu } from './measure-cpu'
import { measureLatency } from './measure-latency'
import { measureMemory } from './measure-memory'
import { reportCpu } from './report-cpu'
import { reportLatency } from './report-latency'
import { reportMemory } from './report-memory'

const DOCS = join(__dirname, '..', '..', 'docs')
const PARTS = ['cpu', 'memory', 'latency']

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { print: { type: 'boolean', default: false } },
  })
  const unknown = positionals.find(part => !PARTS.includes(part))
  if (unknown !== undefined) throw new Error(`Cannot measure ${unknown}: parts are ${PARTS.join(', ')}`)
  const rounds = Number(process.env['ROUNDS'] ?? 3)

  function isWanted(part: string): boolean {
    return positionals.length === 0 || positionals.includes(part)
  }
  if (isWanted('cpu') && !hasCommand('sh', '-c', 'command -v wrk'))
    throw new Error('Cannot measure cpu: wrk is not installed; test/bench/setup installs it')

  const { present, absent } = findContenders()
  const details = [
    describeRun(),
    describePeers(present),
    ...(absent.length > 0 ? [`left out, for they are not installed: ${absent.join('; ')}`] : []),
  ]
  const circumstances = `Measured on ${details.filter(Boolean).join('; ')}.`
  console.log(circumstances)

  function publish(part: string, report: string): void {
    console.log(`\n${report}\n`)
    if (!values.print) {
      replaceSection(join(DOCS, 'performance.md'), part, `${circumstances}\n\n${report}`)
    }
  }

  pinSelf()
  const workspace = new Workspace()
  process.once('exit', () => {
    workspace.remove()
  })
  const cpu = isWanted('cpu') ? await measureCpu(workspace, present, rounds, tell) : undefined
  if (cpu !== undefined) {
    publish('cpu', reportCpu(cpu, present))
    const chart = drawChart(cpu, present, describeMachine())
    if (!values.print) writeFileSync(join(DOCS, 'performance.svg'), chart)
  }
  const memory = isWanted('memory') ? await measureMemory(workspace, present, tell) : undefined
  if (memory !== undefined) publish('memory', reportMemory(memory, present))
  const latency = isWanted('latency') ? await measureLatency(workspace, present, tell) : undefined
  if (latency !== undefined) publish('latency', reportLatency(latency, present))
  console.log(reportGoals(cpu, memory, latency))
}

function tell(text: string): void {
  console.error(`… ${text}`)
}

void main()
