import { describe, expect, it } from 'vitest'
import { eventSchema } from '../../src/model/event.ts'
import { tellCourse, writeEvents } from '../../src/report/events.ts'
import { FakeHost } from './fake-host.ts'
import { FakeClock } from './faults.ts'
import type { Faults } from './faults.ts'
import { run, token, travel } from './setup.ts'

async function travelAloud(faults: Faults) {
  const lines: string[] = []
  const host = new FakeHost(new FakeClock(), faults)
  const { emit, begin } = writeEvents(
    line => lines.push(line),
    () => new Date(0),
  )
  begin(run)
  const { onState, ...course } = tellCourse(emit, 'h1', () => host.clock.nowMs())
  const tell = {
    ...course,
    ask: course.note,
    away: (_ms: number, left: number | null) => course.away(left),
  }
  const { entries, told: _told, ...report } = await travel({ host, onState, job: { tell } })
  emit({ type: 'host.done', data: { report } }, 'h1')
  return { lines, events: lines.map(line => eventSchema.parse(JSON.parse(line))), entries }
}

const lostOnce: Faults = { lose: { at: 'confirm', when: 'before' } }
const scenes: readonly (readonly [string, Faults, string])[] = [
  ['that meets no trouble', {}, 'changed'],
  ['whose confirmation is lost once', lostOnce, 'changed'],
  ['whose trial fails', { trialFails: true }, 'rolledBack'],
]

describe('the events of a run', () => {
  it.each(scenes)(
    'of one %s follow the schema and end with the report',
    async (_name, faults, outcome) => {
      const { events, lines, entries } = await travelAloud(faults)
      expect(events.map(({ seq }) => seq)).toEqual(lines.map((_line, at) => at))
      expect(events.at(-1)).toMatchObject({ type: 'host.done', data: { report: { outcome } } })
      const states = events.flatMap(each => (each.type === 'state.enter' ? [each.data.state] : []))
      const intents = entries.filter(({ kind }) => kind === 'intent').map(({ state }) => state)
      expect(states).toEqual(intents)
    },
  )

  it('hold each line of the host’s log once, in its order', async () => {
    const { events } = await travelAloud(lostOnce)
    const log = events.flatMap(each => (each.type === 'host.log' ? [each.data.seq] : []))
    expect(log.length).toBeGreaterThan(5)
    expect(log).toEqual(log.map((_seq, at) => at + 1))
  })

  it('never hold the secret', async () => {
    const { lines } = await travelAloud({})
    expect(lines.join('')).not.toContain(token)
  })
})
