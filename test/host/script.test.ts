import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { hostScript } from '../../src/host/script.ts'

const has = (command: string) => spawnSync('which', [command]).status === 0

describe('the host script', () => {
  it.each(['dash', 'bash', 'busybox', 'mksh'].filter(has))('is understood by %s', shell => {
    const argv = shell === 'busybox' ? ['sh', '-n'] : ['-n']
    expect(spawnSync(shell, argv, { input: hostScript(), encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  it.skipIf(!has('shellcheck'))(
    'has nothing for shellcheck to say',
    () => {
      // SC3043: `local` is in all the shells above. SC2015, SC2317: matters of taste that the script uses knowingly.
      const argv = ['-s', 'sh', '-e', 'SC3043,SC2015,SC2317', '-']
      expect(spawnSync('shellcheck', argv, { input: hostScript(), encoding: 'utf8' }).stdout).toBe(
        '',
      )
    },
    120_000,
  )

  it('never flips an offload that no plan names, never rebuilds an initramfs, never runs a plain strip', () => {
    const script = hostScript()
    expect(script).not.toMatch(/make[^\n]* install/)
    // By a plan; and what a reload has flipped, back to what it was.
    expect(script.match(/.*-K\b(?! takes).*/g)?.toSorted()).toEqual([
      '  offload) option=-K ;;',
      'put_features() { ethtool -K "$1" "$2" "$3"; }',
    ])
    // It knows their names, to keep out of their way, and never starts one.
    expect(script).not.toMatch(
      /(^|[;&({]|bounded \d+) *(update-initramfs|dracut|mkinitrd|mkinitramfs)/m,
    )
    expect(script.match(/\bstrip\b[^\n]*-o/g)).toEqual([expect.stringContaining('strip -d -o')])
  })
})
