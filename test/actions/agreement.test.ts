import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { addToStanza } from '../../src/actions/interfaces.ts'
import { fetchTools, ifup, readByIfupdown2 } from './debian-tools.ts'
import type { Stanza } from './debian-tools.ts'
import { anyFile } from './interfaces-any.ts'
import { layouts, plain } from './interfaces-layouts.ts'

const command = '/usr/sbin/ethtool -A eno1 autoneg off rx off tx off || true # nicfix:pause'
const line = `pre-up ${command}`

const tools = fetchTools()
if (!tools) {
  console.warn('SKIPPED: ifupdown and ifupdown2 of Debian are not to be had here')
  if (process.env['NICFIX_LAB'] === 'required') throw new Error('no ifupdown to agree with')
}

const folder = mkdtempSync(join(tmpdir(), 'nicfix-interfaces-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function keep(text: string): string {
  const path = join(folder, `interfaces-${count++}`)
  writeFileSync(path, text)
  return path
}

/** The file before and after; only such in which there is something to edit. */
type Pair = { readonly name: string; readonly before: string; readonly after: string }

const pairOf = (name: string, before: string): Pair[] => {
  const edited = addToStanza(before, 'eno1', line)
  return 'text' in edited ? [{ name, before, after: edited.text }] : []
}

const known = Object.entries(layouts).flatMap(([name, layout]) => pairOf(name, plain(layout)))
const drawn = fc
  .sample(anyFile, { numRuns: 250, seed: 1 })
  .flatMap((text, at) => pairOf(`file ${at} drawn by chance: ${JSON.stringify(text)}`, text))
const pairs = [...known, ...drawn]

const namesIn = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(/^\s*iface[\s\\]+([\w.:]+)/gm), ([, name = '']) => name)),
]

describe.runIf(tools)('an edited /etc/network/interfaces', () => {
  const at = tools ?? ''

  it('is tried with real layouts and with files drawn by chance', () => {
    expect(known.length).toBeGreaterThanOrEqual(60)
    expect(drawn.length).toBeGreaterThan(60)
  })

  it('has ifupdown (ifup --no-act) run the line for the NIC before its link is up, and nothing else for anybody', () => {
    for (const { name, before, after } of pairs) {
      const [was, is] = [keep(before), keep(after)]
      for (const nic of namesIn(before)) {
        const then = ifup(at, was, nic)
        // What it does not take before, it need not take after.
        if (then === null) continue
        const now = ifup(at, is, nic)
        const mine = (now ?? []).filter(each => each.trim() === command).length
        expect([name, nic, now?.filter(each => each.trim() !== command)]).toEqual([name, nic, then])
        // A VLAN's port is brought up before it.
        const isOver = nic === 'eno1' || nic.startsWith('eno1.')
        expect([name, nic, mine]).toEqual([name, nic, isOver ? 1 : 0])
      }
    }
  })

  it('is read by ifupdown2 as before, with the line in the first stanza of the NIC', () => {
    const files = pairs.flatMap(({ before, after }) => [keep(before), keep(after)])
    const read = readByIfupdown2(at, files)
    for (const [index, { name }] of pairs.entries()) {
      const [was, is] = [read[2 * index], read[2 * index + 1]]
      if (!was || !is || was.errors > 0) continue
      expect([name, is.stanzas]).toEqual([name, withLine(was.stanzas)])
    }
  })
})

function withLine(stanzas: readonly Stanza[]): Stanza[] {
  const first = stanzas.findIndex(({ name }) => name === 'eno1')
  return stanzas.map((each, index) => {
    const added = [...(each.options['pre-up'] ?? []), command]
    return index === first ? { ...each, options: { ...each.options, 'pre-up': added } } : each
  })
}
