import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guestExec, reboot } from '../../src/lab/lab.ts'
import { standard } from '../../src/lab/releases.ts'
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

/** Says how much of it is as it was; @returns what is not. */
function compare(name: string, run: Ended, before: string, after: string): string[] {
  const differing = differences(before, after)
  const outage = /link down for (.*)/.exec(run.out)?.[1] ?? 'not measured'
  console.log(
    `${name}\n  ${differing.length} of ${before.split('\n').length} facts differ, link down for ${outage}`,
  )
  return differing
}

const isAll = process.env['NICFIX_TOPOLOGIES'] === 'all'

/** The tests of all topologies on that kind of lab host; on those with another release they are run by `--all`. */
export function testTopologies(on: Topology['on'], release = standard): void {
  const isStandard = release === standard
  const isWanted = ready.ok && (isStandard || isAll)
  describe.runIf(isWanted)(`a network on a lab host with ${on} and ${release.title}`, () => {
    const bench = setBench(on, release.name)
    const fitting = (each: Topology) => each.on === on && (isStandard || each.needs === undefined)
    const here = topologies.filter(each => fitting(each) && (each.always || isAll))
    const kept = here.filter(({ refused }) => refused === undefined)
    const refused = here.flatMap(each => (each.refused ? [{ ...each, refused: each.refused }] : []))
    const apply = async (playbook: string, { accept }: Topology) => {
      const accepted = accept === undefined ? [] : ['--accept-risk', accept]
      const values = [...(await quickValuesOf('e1000e-3.8.7-lab')), ...accepted]
      return bench.nicfix('apply', playbook, '--host', bench.host, ...values)
    }

    /** Makes it, and lists all that is there. */
    async function make({ setUp }: Topology): Promise<string> {
      await see(bench.host, `set -e\n${setUp}`, 600_000)
      const answers = async () => (await bench.nicfix('status', '--host', bench.host)).code === 0
      await until('it answers', answers, 60)
      await see(bench.host, `cat >/root/list <<'END'\n${listNetwork}\nEND`)
      return look()
    }

    const look = () => see(bench.host, listNetwork)

    test.each(kept)(
      'comes back as it was with the new driver, and with the old one again: $name',
      async topology => {
        const before = await make(topology)
        const broken = join(bench.dir, 'broken.yaml')
        const parts = (await readFile(upgrade, 'utf8')).split(/(?=\n {2}- id: install)/)
        expect(parts).toHaveLength(2)
        await writeFile(broken, parts.join(failing))
        const run = await apply(broken, topology)
        expect(wordsOf(run)).toMatch(/^exit 3\n/)
        const swapped = await see(bench.host, 'cat /root/listed')
        expect(compare(`${topology.name}, the new driver`, run, before, swapped)).toEqual([])
        expect(compare(`${topology.name}, rolled back`, run, before, await look())).toEqual([])
        expect(await readOpen(bench.host)).toBe('')
      },
    )

    test.runIf(isAll && isStandard).each(kept)(
      'comes back as it was after an upgrade, and after a boot where that makes it again: $name',
      async topology => {
        const before = await make(topology)
        const run = await apply(upgrade, topology)
        expect(wordsOf(run)).toMatch(/^exit 0\n/)
        expect(compare(`${topology.name}, upgraded`, run, before, await look())).toEqual([])
        expect(await readOpen(bench.host)).toBe('')
        if (topology.lasting !== true) return
        await reboot(bench.host)
        const isSwapped = () =>
          guestExec(bench.host, 'grep -q "is loaded" /var/lib/nicfix/boot.log.d/e1000e/log')
        await until(
          'the boot hook has swapped the driver',
          async () => (await isSwapped()).code === 0,
          400,
        )
        expect(compare(`${topology.name}, booted`, run, before, await look())).toEqual([])
      },
    )

    test.each(refused)('is refused: $name', async topology => {
      await make(topology)
      const run = await apply(upgrade, topology)
      expect(wordsOf(run)).toMatch(topology.refused)
      expect(run.code).toBe(8)
    })
  })
}
