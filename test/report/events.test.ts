import { describe, expect, it } from 'vitest'
import { eventSchema } from '../../src/model/event.ts'
import type { Event } from '../../src/model/event.ts'
import { tellCourse, writeEvents } from '../../src/report/events.ts'

const today = () => new Date('2026-11-22T10:00:00Z')

function record() {
  const lines: string[] = []
  const events = writeEvents(line => lines.push(line), today)
  return { ...events, read: () => lines.map(line => eventSchema.parse(JSON.parse(line))) }
}

const told = ({ type, host, data }: Event) => ({ type, host, ...data })

describe('events', () => {
  it('are lines of JSON, numbered from 0, and carry the run as soon as it has an id', () => {
    const { emit, begin, read } = record()
    emit({ type: 'version', data: { nicfix: '0.1.0', command: 'apply' } })
    begin('20261122-0131-4f2a')
    emit({ type: 'note', data: { text: 'line 1\nline 2' } }, 'h1')
    expect(read()).toEqual([
      {
        v: 1,
        seq: 0,
        at: '2026-11-22T10:00:00.000Z',
        run: null,
        host: null,
        type: 'version',
        data: { nicfix: '0.1.0', command: 'apply' },
      },
      {
        v: 1,
        seq: 1,
        at: '2026-11-22T10:00:00.000Z',
        run: '20261122-0131-4f2a',
        host: 'h1',
        type: 'note',
        data: { text: 'line 1\nline 2' },
      },
    ])
  })

  it('tell of a link that is lost once, and how long it was away', () => {
    const { emit, read } = record()
    let ms = 0
    const course = tellCourse(emit, 'h1', () => ms)
    course.back()
    course.onState('reconnecting', null)
    ms = 1000
    course.away(171)
    ms = 3000
    course.away(169)
    ms = 4500
    course.back()
    course.back()
    course.onState('reconnecting', { verdict: 'done' })
    expect(read().map(told)).toEqual([
      { type: 'state.enter', host: 'h1', state: 'reconnecting' },
      { type: 'link.lost', host: 'h1', rollbackInSeconds: 171 },
      { type: 'link.back', host: 'h1', seconds: 3.5 },
      {
        type: 'state.end',
        host: 'h1',
        state: 'reconnecting',
        verdict: 'done',
        seconds: 4.5,
        message: null,
      },
    ])
  })
})
