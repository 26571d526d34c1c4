/** Links that an enforcement on trial would have refused, and links that were passed on. No label names any of them. */
import type { StreamReportEvent } from '../events'
import type { Meters } from './meters'

export interface LinkMeter {
  readonly report: (event: StreamReportEvent) => void
  readonly shared: () => void
}

export function measureLinks(meters: Meters): LinkMeter {
  const reports = meters.counter({
    name: 'reports_total',
    help: 'Requests that were served, and that an enforcement on trial would have refused, by code.',
    labelNames: ['code'],
  })
  const shared = meters.counter({
    name: 'shared_links_total',
    help: 'Times that one link was begun from more networks than usual.',
  })
  // The only rule that can be on trial; it begins at 0, so that the first event shows as a rise.
  reports.inc({ code: 'NETWORK_NOT_ALLOWED' }, 0)

  return {
    report({ code }) {
      reports.inc({ code })
    },
    shared() {
      shared.inc()
    },
  }
}
