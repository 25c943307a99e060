import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDeadline } from '../../src/remote/deadline.ts'
import { admit } from '../../src/remote/gate.ts'
import type { SshSettings } from '../../src/remote/settings.ts'
import { sshHost } from '../../src/remote/ssh.ts'
import { openBySsh2 } from '../../src/remote/ssh2.ts'
import { makeBench, sayIn, type Bench } from './bench.ts'
import { makeSettings } from './server.ts'

let bench: Bench
beforeAll(async () => {
  bench = await makeBench()
})
afterAll(() => bench.close())

const host = (port: number) => makeSettings(port, undefined, bench.user.file)

/** How many of these are let in at once when nobody leaves; all of them leave at the end. */
async function countAdmitted(all: readonly SshSettings[]): Promise<number> {
  let inside = 0
  const asking = all.map(async settings => {
    const leave = await admit(settings)
    inside++
    return leave
  })
  await sleep(50)
  const most = inside
  let left = 0
  for (const each of asking) {
    const leave = await each
    leave()
    left++
  }
  expect(left).toBe(all.length)
  return most
}

describe('logins at the same time', () => {
  test('are four at one door, whichever host behind it they are for', async () => {
    const jump = await host(2200)
    const behind = async (port: number) => ({
      ...(await host(port)),
      jumps: [{ name: 'j', settings: jump }],
    })
    const many = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(behind))
    expect(await countAdmitted(many)).toBe(4)
    // All have left: the door is as wide as before.
    expect(await countAdmitted(many)).toBe(4)
  })

  test('are twenty in all', async () => {
    const ports = Array.from({ length: 30 }, (_, index) => 3000 + index)
    const all = await Promise.all(ports.map(host))
    expect(await countAdmitted(all)).toBe(20)
  })
})

describe('a host that takes ten logins at a time and not one more', () => {
  const many = Array.from({ length: 30 }, (_, index) => index)
  const narrow = { config: ['MaxStartups 10:100:10'] }

  test('drops some of thirty that come at once', async () => {
    const { port } = await bench.serve(narrow)
    const settings = await makeSettings(port, bench.host.public, bench.user.file)
    const deadline = startDeadline(20_000)
    const party = { host: 'h1', hop: 'h1', settings }
    const way = { party, secrets: undefined, keepaliveMs: 3000, deadline }
    const all = await Promise.allSettled(many.map(() => openBySsh2(way)))
    deadline.clear()
    for (const each of all) if (each.status === 'fulfilled') await each.value.close()
    expect(all.filter(each => each.status === 'rejected').length).toBeGreaterThan(0)
  })

  test.each([
    ['ssh2', 30],
    ['openssh', 14],
  ] as const)(
    'lets all of nicfix in, by %s: %i',
    { timeout: 120_000 },
    async (transport, count) => {
      const { port } = await bench.serve(narrow)
      const made = await bench.reach(port, [`IdentityFile ${bench.user.file}`], { transport })
      const hosts = many.slice(0, count).map(number => sshHost(`h${number}`, made.settings))
      const said = await Promise.all(hosts.map(each => sayIn(each.connect())))
      expect(said).toEqual(hosts.map(() => 'in\n'))
    },
  )
})
