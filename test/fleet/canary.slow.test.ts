import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { nicfixInTerminal } from '../cli/terminal.ts'
import { Fleet } from './fleet.ts'

let fleet: Fleet
afterEach(() => fleet.end())

const sudoPassword = 'canary-of-sudo-1b7f'
const passphrase = 'canary-of-the-key-93ac'

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile())
}

/** Looks at the command line and the environment of every process again and again. */
function watchProcesses() {
  const seen = new Set<string>()
  const look = () => {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
      for (const what of ['cmdline', 'environ']) {
        try {
          seen.add(readFileSync(`/proc/${pid}/${what}`, 'latin1'))
        } catch {
          /* it has ended */
        }
      }
    }
  }
  const timer = setInterval(look, 20)
  return {
    end() {
      clearInterval(timer)
      return [...seen].join('\n')
    },
  }
}

describe('a secret', () => {
  it('that was typed, or that confirms a trial, is in nothing that nicfix shows, keeps or runs', async () => {
    fleet = await Fleet.start(3, { user: 'ann', sudoPassword, passphrase, trialMs: 1500 })
    const watched = watchProcesses()
    const plan = join(fleet.folder, 'kept.plan.json')
    const typed = [
      [/passphrase .*: /i, passphrase],
      [/password of .* for sudo: /i, sudoPassword],
    ] as const
    const words = ['--host', 'all', ...fleet.words()]
    const planned = await nicfixInTerminal(
      ['plan', fleet.playbook(), '-o', plan, ...words],
      typed,
      fleet.env(),
    )
    expect(planned).toMatchObject({ code: 0 })
    const applied = await nicfixInTerminal(
      ['apply', '--plan', plan, '--yes', '--json', ...words],
      typed,
      fleet.env(),
    )
    expect(applied).toMatchObject({ code: 0 })
    const processes = watched.end()
    const { tokens, commands } = await fleet.seen()
    expect(tokens).toHaveLength(3)
    expect(tokens.every(token => /^[0-9a-f]{32}$/.test(token))).toBe(true)
    const kept = [plan, ...filesUnder(join(fleet.folder, 'state'))]
    expect(kept.length).toBeGreaterThan(6)
    const places = {
      'what was shown': planned.shown + applied.shown,
      'what is kept': kept.map(path => readFileSync(path, 'utf8')).join('\n'),
      'processes here': processes,
      'command lines there': commands.join('\n'),
    }
    // The test itself sees what there is to be seen.
    expect(places['processes here']).toContain('--plan')
    expect(places['what was shown']).toContain('"type":"run.done"')
    const found = Object.entries(places).flatMap(([place, text]) =>
      [sudoPassword, passphrase, ...tokens].flatMap(secret =>
        text.includes(secret) ? [`${secret} is in ${place}`] : [],
      ),
    )
    expect(found).toEqual([])
  })
})
