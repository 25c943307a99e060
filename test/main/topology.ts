import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { quickValuesOf, ready, setBench, until, wordsOf } from './lab.ts'
import type { Ended } from './lab.ts'
import { readOpen, see } from './state.ts'
import { listNetwork, topologies } from './topologies.ts'
import type { Topology } from './topologies.ts'

const upgrade = 'playbooks/e1000e-upgrade.yaml'

/** A step that looks around when the driver has been swapped already, and then fails. */
const failing = `
  - id: fail
    use: host.run
    with:
      reason: a look around, and a failure on purpose
      check: [sh, -c, "sh /root/list >/root/listed; exit 1"]
      run: ["true"]
      verify: ["false"]
      undo: ["true"]`

/** Lines that are in one text and not in the other, with their sign. */
function differences(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return [
    ...old.filter(line => !now.includes(line)).map(line => `- ${line}`),
    ...now.filter(line => !old.includes(line)).map(line => `+ ${line}`),
  ]
}

const isAll = process.env['NICFIX_TOPOLOGIES'] === 'all'

/** The tests of all topologies on that kind of lab host. */
export function testTopologies(on: Topology['on']): void {
  describe.runIf(ready.ok)(
    `what hangs on ${on === 'two-ports' ? 'a port' : 'two ports'} of a driver`,
    () => {
      const bench = setBench(on)
      const chosen = topologies.filter(each => each.on === on && (each.always || isAll))

      test.each(chosen)(
        'comes back as it was, or is refused: $name',
        async ({ name, setUp, refused, accept }) => {
          const { host } = bench
          const look = () => see(host, listNetwork)
          await see(host, `set -e\n${setUp}`)
          await until(
            'it answers',
            async () => (await bench.nicfix('status', '--host', host)).code === 0,
            60,
          )
          const accepted = accept === undefined ? [] : ['--accept-risk', accept]
          const values = [...(await quickValuesOf('e1000e-3.8.7-lab')), ...accepted]
          if (refused) {
            const ended = await bench.nicfix('apply', upgrade, '--host', host, ...values)
            expect(wordsOf(ended)).toMatch(refused)
            expect(ended.code).toBe(8)
            return
          }
          await see(host, `cat >/root/list <<'END'\n${listNetwork}\nEND`)
          const before = await look()
          const facts = before.split('\n').length
          const tell = (what: string, run: Ended, differing: readonly string[]) => {
            const outage = /link down for (.*)/.exec(run.out)?.[1] ?? 'not measured'
            console.log(
              `${name}: ${what}\n  ${differing.length} of ${facts} facts differ, link down for ${outage}`,
            )
          }

          const broken = join(bench.dir, 'broken.yaml')
          const parts = (await readFile(upgrade, 'utf8')).split(/(?=\n {2}- id: install)/)
          expect(parts).toHaveLength(2)
          await writeFile(broken, parts.join(failing))
          const back = await bench.nicfix('apply', broken, '--host', host, ...values)
          expect(wordsOf(back)).toMatch(/^exit 3\n/)
          const afterSwap = differences(before, await see(host, 'cat /root/listed'))
          tell('after the swap', back, afterSwap)
          const afterRollback = differences(before, await look())
          tell('after the rollback', back, afterRollback)
          expect([...afterSwap, ...afterRollback]).toEqual([])

          if (isAll) {
            const applied = await bench.nicfix('apply', upgrade, '--host', host, ...values)
            expect(wordsOf(applied)).toMatch(/^exit 0\n/)
            const afterApply = differences(before, await look())
            tell('after the upgrade', applied, afterApply)
            expect(afterApply).toEqual([])
          }
          expect(await readOpen(host)).toBe('')
        },
      )
    },
  )
}
