/** Every state of a renewal with every event, and docs/client.md, which shows the same table. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Link } from '../../src/client/link.ts'
import { next, type RenewalEffect, type RenewalEvent, type RenewalState } from '../../src/client/renewal.ts'

type StateName = RenewalState['name']
type EventName = RenewalEvent['name']
type EffectName = RenewalEffect['name']
/** What happens: an effect, another state, both or nothing. */
type Outcome = '–' | EffectName | `→ ${StateName}` | `${EffectName} → ${StateName}`

/** A state or an event that is missing does not compile. */
const TABLE: Readonly<Record<EventName, Readonly<Record<StateName, Outcome>>>> = {
  renewCalled: {
    idle: 'sign → renewing',
    recovering: 'sign → replacing',
    renewing: 'retryNow',
    replacing: 'retryNow',
    gaveUp: 'sign → renewing',
    failed: 'sign → replacing',
    closed: 'reject',
  },
  linkDue: {
    idle: 'sign → renewing',
    recovering: 'sign → replacing',
    renewing: '–',
    replacing: '–',
    gaveUp: '–',
    failed: '–',
    closed: '–',
  },
  linkFailed: {
    idle: 'sign → replacing',
    recovering: 'report → failed',
    renewing: '–',
    replacing: '–',
    gaveUp: 'sign → replacing',
    failed: 'report',
    closed: '–',
  },
  noProgress: {
    idle: 'sign → replacing',
    recovering: 'report → failed',
    renewing: '–',
    replacing: '–',
    gaveUp: '–',
    failed: '–',
    closed: '–',
  },
  mediaFailed: {
    idle: 'report → gaveUp',
    recovering: 'report → failed',
    renewing: '–',
    replacing: '–',
    gaveUp: 'report',
    failed: 'report',
    closed: '–',
  },
  played: {
    idle: '–',
    recovering: '→ idle',
    renewing: '–',
    replacing: '→ renewing',
    gaveUp: '–',
    failed: '→ gaveUp',
    closed: '–',
  },
  activity: {
    idle: '–',
    recovering: '–',
    renewing: '–',
    replacing: '–',
    gaveUp: '→ idle',
    failed: 'sign → renewing',
    closed: '–',
  },
  activityOnError: {
    idle: '–',
    recovering: '–',
    renewing: '–',
    replacing: '–',
    gaveUp: 'sign → renewing',
    failed: 'sign → renewing',
    closed: '–',
  },
  activityElsewhere: {
    idle: '–',
    recovering: '–',
    renewing: '–',
    replacing: '–',
    gaveUp: '→ idle',
    failed: '→ idle',
    closed: '–',
  },
  signed: {
    idle: '–',
    recovering: '–',
    renewing: 'swap → idle',
    replacing: 'swap → recovering',
    gaveUp: '–',
    failed: '–',
    closed: '–',
  },
  signedSame: {
    idle: '–',
    recovering: '–',
    renewing: 'keep → idle',
    replacing: 'swap → recovering',
    gaveUp: '–',
    failed: '–',
    closed: '–',
  },
  signFailed: {
    idle: '–',
    recovering: '–',
    renewing: 'report → gaveUp',
    replacing: 'report → failed',
    gaveUp: '–',
    failed: '–',
    closed: '–',
  },
  sourceReplaced: {
    idle: '–',
    recovering: '–',
    renewing: '→ idle',
    replacing: '→ recovering',
    gaveUp: '–',
    failed: '–',
    closed: '–',
  },
  closeCalled: {
    idle: 'close → closed',
    recovering: 'close → closed',
    renewing: 'close → closed',
    replacing: 'close → closed',
    gaveUp: 'close → closed',
    failed: 'close → closed',
    closed: '–',
  },
}

const STATES: { readonly [Name in StateName]: RenewalState & { readonly name: Name } } = {
  idle: { name: 'idle' },
  recovering: { name: 'recovering', failedAt: 100 },
  renewing: { name: 'renewing' },
  replacing: { name: 'replacing', failedAt: 100 },
  gaveUp: { name: 'gaveUp' },
  failed: { name: 'failed', failedAt: 100 },
  closed: { name: 'closed' },
}

const link: Link = {
  url: 'https://app.example/s?n=2',
  expires: undefined,
  toBegin: undefined,
  toContinue: undefined,
}
const error = new Error('Offline')

const EVENTS: { readonly [Name in EventName]: RenewalEvent & { readonly name: Name } } = {
  renewCalled: { name: 'renewCalled' },
  linkDue: { name: 'linkDue' },
  linkFailed: { name: 'linkFailed', error, position: 200 },
  noProgress: { name: 'noProgress', error, position: 200 },
  mediaFailed: { name: 'mediaFailed', error },
  played: { name: 'played', position: 105.1 },
  activity: { name: 'activity' },
  activityOnError: { name: 'activityOnError' },
  activityElsewhere: { name: 'activityElsewhere' },
  signed: { name: 'signed', link },
  signedSame: { name: 'signedSame', link },
  signFailed: { name: 'signFailed', error },
  sourceReplaced: { name: 'sourceReplaced' },
  closeCalled: { name: 'closeCalled' },
}

function outcomeOf(state: RenewalState, event: RenewalEvent): string {
  const { state: after, effect } = next(state, event)
  const parts = [effect?.name, after.name === state.name ? undefined : `→ ${after.name}`]
  return parts.filter(part => part !== undefined).join(' ') || '–'
}

describe.each(Object.entries(TABLE))('%s', (event, row) => {
  it.each(Object.entries(row))('while %s: %s', (state, outcome) => {
    expect(outcomeOf(STATES[state as StateName], EVENTS[event as EventName])).toBe(outcome)
  })
})

describe('what a transition carries', () => {
  it('is the second at which the link failed', () => {
    expect(next(STATES.idle, EVENTS.linkFailed).state).toEqual({ name: 'replacing', failedAt: 200 })
    expect(next(STATES.gaveUp, EVENTS.linkFailed).state).toEqual({ name: 'replacing', failedAt: 200 })
  })

  it.each<[StateName, EventName]>([
    ['recovering', 'renewCalled'],
    ['recovering', 'linkDue'],
    ['recovering', 'linkFailed'],
    ['recovering', 'mediaFailed'],
    ['failed', 'renewCalled'],
    ['failed', 'linkFailed'],
    ['replacing', 'signed'],
    ['replacing', 'signFailed'],
    ['replacing', 'sourceReplaced'],
  ])('is the second of the first failure: while %s, %s', (state, event) => {
    expect(next(STATES[state], EVENTS[event]).state).toMatchObject({ failedAt: 100 })
  })

  it('is the error for onError', () => {
    for (const event of [EVENTS.linkFailed, EVENTS.noProgress, EVENTS.mediaFailed]) {
      expect(next(STATES.recovering, event).effect).toEqual({ name: 'report', error })
    }
    expect(next(STATES.renewing, EVENTS.signFailed).effect).toEqual({ name: 'report', error })
  })

  it('is the link that sign gave', () => {
    expect(next(STATES.renewing, EVENTS.signed).effect).toEqual({ name: 'swap', link })
    expect(next(STATES.renewing, EVENTS.signedSame).effect).toEqual({ name: 'keep', link })
  })
})

describe('a failure', () => {
  it.each([
    ['counts at the same second', 100, 'recovering'],
    ['counts until 5 s were played', 105, 'recovering'],
    ['counts no more after 5 s', 105.1, 'idle'],
    ['counts when the listener has sought back a little', 95, 'recovering'],
    ['counts no more when the listener has sought back', 94.9, 'idle'],
    ['counts when the position is unknown', NaN, 'recovering'],
  ])('%s', (_what, position, name) => {
    expect(next(STATES.recovering, { name: 'played', position }).state.name).toBe(name)
  })
})

describe('docs/client.md', () => {
  const document = readFileSync(join(__dirname, '../../docs/client.md'), 'utf8')

  /** The rows of the table whose first heading is this, as cells without their backticks. */
  function readTable(heading: string): readonly string[][] {
    const lines = document.split('\n')
    const start = lines.findIndex(line => line.startsWith(`| ${heading} |`))
    const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
    const rows = lines.slice(start, end).map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.replaceAll('`', '').trim()),
    )
    return rows.filter((_row, index) => index !== 1)
  }

  it('shows this table', () => {
    const names = Object.keys(STATES) as StateName[]
    const rows = Object.entries(TABLE).map(([event, row]) => [event, ...names.map(name => row[name])])
    expect(readTable('while')).toEqual([['while', ...names], ...rows])
  })

  it.each([
    ['state', Object.keys(STATES)],
    ['event', Object.keys(EVENTS)],
  ])('explains every %s', (heading, names) => {
    const [, ...rows] = readTable(heading)
    expect(rows.map(([name]) => name)).toEqual(names)
  })

  it('explains every effect', () => {
    const effects = Object.values(TABLE).flatMap(row => Object.values(row).map(cell => cell.split(' ')[0]))
    const names = new Set(effects.filter(name => name !== '–' && name !== '→'))
    const [, ...rows] = readTable('effect')
    expect(rows.map(([name]) => name).sort()).toEqual([...names].sort())
  })
})
