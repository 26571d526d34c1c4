/** The queries of the Grafana dashboard, and what stands in them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const deploy = join(__dirname, '../../demo/deploy')
export const ALERTS = join(deploy, 'alerts.yml')

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

export interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] }
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(deploy, 'grafana-dashboard.json'), 'utf8')) as Dashboard
}

/** Each panel's title and query. */
export function queriesOf({ panels }: Dashboard): [string, string][] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [title, expr]),
  )
}

/** The names of metrics in `text`. */
export function metricsIn(text: string): string[] {
  return [...new Set(text.match(/\b(?:signed_stream|process|nodejs)_\w+/g))]
}
