/** Processor time as a chart in SVG: one panel for each work, one bar for each server. */
import type { Contender } from '../contenders/contender'
import { WORKS, type Work } from '../load/works'
import type { Figures } from '../measure/comparison'
import { formatNumber } from './table'

/** What says most; the tables have the rest. */
const SHOWN = [WORKS.range64k, WORKS.range1m, WORKS.whole, WORKS.refused]

const WIDTH = 960
const COLUMNS = 2
const LABEL_WIDTH = 150
const VALUE_WIDTH = 52
const BAR = 14
const ROW = 20
const TITLE = 34
const HEADER = 62
const PANEL_GAP = 22

/** Short enough for a bar. */
const SHORT: Readonly<Record<string, string>> = {
  bare: 'ours, node:http',
  express: 'ours, Express 5',
  floor: 'floor of node:http',
  'floor-express': 'floor of Express 5',
  'send-file': 'res.sendFile',
  'fastify-static': '@fastify/static',
  go: 'Go ServeContent',
}

/** Greys that can be read on white and on black, for viewers that know no colour scheme. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #6e7781 }
  .title { font-size: 17px; font-weight: 600 }
  .panel { font-size: 13px; font-weight: 600 }
  .label { text-anchor: end }
  .ours { fill: #1f883d }
  .floor { fill: none; stroke: #8c959f; stroke-dasharray: 3 2 }
  .peer { fill: #8c959f }
  .strong { font-weight: 600; fill: #1f883d }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .ours { fill: #3fb950 }
    .strong { fill: #3fb950 }
  }
`

export function drawChart(figures: Figures, contenders: readonly Contender[], caption: string): string {
  const height = TITLE + contenders.length * ROW + PANEL_GAP
  const rows = Math.ceil(SHOWN.length / COLUMNS)
  const total = HEADER + rows * height
  const drawn = SHOWN.map((work, index) => {
    const x = (index % COLUMNS) * (WIDTH / COLUMNS)
    const y = HEADER + Math.floor(index / COLUMNS) * height
    return `<g transform="translate(${x} ${y})">\n${drawPanel(work, figures, contenders)}\n</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" role="img" aria-labelledby="title">
<title id="title">Microseconds of processor time per request, by server</title>
<style>${STYLE}</style>
<text class="title" x="10" y="24">Microseconds of processor time per request; shorter is better</text>
<text x="10" y="44">${escapeText(caption)}</text>
${drawn.join('\n')}
</svg>
`
}

function drawPanel(work: Work, figures: Figures, contenders: readonly Contender[]): string {
  const measured = contenders
    .flatMap(contender => {
      const cost = figures.read(work.name, contender.name)
      return cost === undefined ? [] : [{ ...contender, cost }]
    })
    .toSorted((a, b) => a.cost - b.cost)
  const most = Math.max(...measured.map(({ cost }) => cost))
  const room = WIDTH / COLUMNS - LABEL_WIDTH - VALUE_WIDTH - 20
  const bars = measured.map(({ name, role, checksSignature, cost }, index) => {
    const y = TITLE + index * ROW
    const width = Math.max(1, (cost / most) * room).toFixed(1)
    const text = y + BAR - 3
    const strong = role === 'ours' ? ' strong' : ''
    const label = (SHORT[name] ?? name) + (checksSignature || role === 'floor' ? '' : ', unsigned')
    return `<text class="label${strong}" x="${LABEL_WIDTH}" y="${text}">${escapeText(label)}</text>
<rect class="${role}" x="${LABEL_WIDTH + 8}" y="${y}" width="${width}" height="${BAR}" rx="2"/>
<text class="value${strong}" x="${LABEL_WIDTH + 14 + Number(width)}" y="${text}">${formatNumber(cost)}</text>`
  })
  return [`<text class="panel" x="10" y="20">${escapeText(work.title)}</text>`, ...bars].join('\n')
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
