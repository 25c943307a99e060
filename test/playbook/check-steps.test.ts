import { describe, expect, it } from 'vitest'
import { build, codes, pause, tell, write } from './write.ts'

describe('steps', () => {
  const trial = '{ id: trial, use: driver.trial, with: { from: build } }'
  const install = '{ id: install, use: driver.install, with: { from: build } }'
  const hook = '{ id: hook, use: driver.boot-hook, with: { module: i40e } }'
  const keep = '{ id: keep, use: nic.persist, with: { pause: { rx: off, tx: off } } }'

  it.each([
    ['both families', [build, trial, install, hook, pause, keep]],
    ['a trial alone', [build, trial]],
    ['a pause alone', [pause]],
    ['on and true are the same', [pause, keep.replaceAll('off', 'false')]],
  ])('fit together: %s', (_name, steps) => {
    expect(codes(write('', steps))).toEqual([])
  })

  it.each([
    ['one id twice', [pause, pause], 'two steps have the id "live"'],
    ['a trial of nothing', [trial], 'which is no driver.build before it'],
    ['a trial before its build', [trial, build], 'which is no driver.build before it'],
    [
      'a trial of a step that builds nothing',
      [pause, trial.replace('build', 'live')],
      'builds before it: none',
    ],
    [
      'a slip in the id',
      [build, trial.replace('from: build', 'from: biuld')],
      'did you mean "build"?',
    ],
    [
      'an install of what was not tried',
      [build, install],
      'keeps a driver that no step before it tried',
    ],
    [
      'an install before its trial',
      [build, install, trial],
      'keeps a driver that no step before it tried',
    ],
    ['a setting kept that was not tried', [keep], 'keeps a setting that no step before it tried'],
    [
      'a setting kept before it is tried',
      [keep, pause],
      'keeps a setting that no step before it tried',
    ],
    [
      'another setting kept than tried',
      [pause, keep.replace('rx: off', 'rx: on')],
      'they differ in: rx',
    ],
    [
      'a hook without an install',
      [build, trial, hook],
      'boots a module that no driver.install before it',
    ],
    [
      'a hook for another module',
      [build, trial, install, hook.replace('i40e', 'ice')],
      'before it: i40e',
    ],
  ])('do not fit together: %s', (_name, steps, message) => {
    expect(codes(write('', steps))).toEqual(['NF1020'])
    expect(tell(write('', steps))).toContain(message)
  })

  it('are judged even where another part of the playbook is wrong', () => {
    expect(codes(write('max-outage: 3', [keep]))).toEqual(['NF1003', 'NF1020'])
  })
})
