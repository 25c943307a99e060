import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostScript } from '../../src/host/script.ts'
import { Scenario } from '../faults/scenario.ts'
import { hasShell, shells } from '../host/sim/root.ts'
import type { Shell } from '../host/sim/root.ts'
import { pause } from '../host/sim/ran.ts'
import { fewer, pick } from './share.ts'

const rounds = fewer(1000)

/** The script's own functions, and in the place of its main program a race of two for each token. */
function raceText(): string {
  const functions = hostScript().replace(/\nmain "\$@"\nexit\n$/, '\n')
  return `${functions}
tx=$1
mkdir "$tx/token"
n=0 c=0 r=0 wrong=0
while [ $n -lt ${rounds} ]; do
  n=$((n + 1))
  rm -f "$tx"/token/* "$tx"/won-*
  : >"$tx/token/pending"
  if [ $((n % 2)) = 0 ]; then one=confirmed two=rollback; else one=rollback two=confirmed; fi
  (become pending $one && : >"$tx/won-$one") &
  (become pending $two && : >"$tx/won-$two") &
  wait
  look
  set -- "$tx"/won-*
  [ $# = 1 ] && [ "$1" = "$tx/won-$state" ] && [ -z "$torn" ] || wrong=$((wrong + 1))
  case $state in confirmed) c=$((c + 1)) ;; *) r=$((r + 1)) ;; esac
done
echo "$c $r $wrong"
`
}

describe('two who want the same token', () => {
  it.each((Object.keys(shells) as Shell[]).filter(hasShell))(
    `never both get it and never neither, in ${rounds} races in %s`,
    shell => {
      const folder = mkdtempSync(join(tmpdir(), 'nicfix-race-'))
      try {
        writeFileSync(join(folder, 'race.sh'), raceText())
        const argv = [...(shell === 'ash' ? ['sh'] : []), join(folder, 'race.sh'), folder]
        const ran = spawnSync(shells[shell], argv, { encoding: 'utf8' })
        const [confirmed = 0, rolledBack = 0, wrong] = ran.stdout.split(' ').map(Number)
        expect({ wrong, stderr: ran.stderr }).toEqual({ wrong: 0, stderr: '' })
        expect(confirmed + rolledBack).toBe(rounds)
        // It was a race: each of them has won some.
        expect(Math.min(confirmed, rolledBack)).toBeGreaterThan(0)
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
})

describe('a confirmation at the very deadline', () => {
  it('is told what the host does, whoever is first', async () => {
    const ends: string[] = []
    for (const round of pick([...Array(36).keys()], 1, 0)) {
      const scenario = await (await Scenario.start()).to('tried')
      try {
        // From well before the confirmation to well after it.
        const headStart = (round % 18) * 12 - 60
        const late = pause(Math.max(0, -headStart)).then(() => scenario.deadline())
        const answer = pause(Math.max(0, headStart)).then(scenario.confirm)
        const [{ code }] = await Promise.all([answer, late])
        await scenario.until('ended')
        expect(await scenario.ending()).toEqual([code === 0 ? 'committed' : 'rolled-back'])
        expect([0, 3]).toContain(code)
        ends.push(scenario.state)
      } finally {
        await scenario.end()
      }
    }
    expect(new Set(ends).size).toBe(2)
  })
})
