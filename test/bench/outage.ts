// npm run bench:outage: how long the link is away for a guarded swap, beside the bare commands on the same host in the same run.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { down, guestExec, reset, up } from '../../src/lab/lab.ts'
import { borrowHost, returnHost } from '../main/borrow.ts'
import { quickPackage } from '../main/quick.ts'

const rounds = 5
const door = new URL('../../src/main.js', import.meta.url).pathname

// Until the link is there and the address is on it: that is where nicfix stops its clock as well. Whoever does not wait for
// udev to give the port its name finds no eno1 to bring up.
const bare = `
  now() { read -r up rest </proc/uptime; echo "$up"; }
  from=$(now)
  rmmod e1000e
  modprobe e1000e
  while [ ! -e /sys/class/net/eno1 ]; do sleep 0.1; done
  ip link set eno1 up
  ifup --force eno1 >/dev/null 2>&1
  while [ "$(cat /sys/class/net/eno1/carrier)" != 1 ]; do sleep 0.1; done
  echo "$from $(now)"`

async function bareSeconds(host: string): Promise<number> {
  const { out } = await guestExec(host, bare, 120_000)
  const [from, to] = (out.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  if (!from || !to) throw new Error(`no times in: ${out}`)
  return to - from
}

/** One upgrade over SSH, on a host as new. */
async function guardedSeconds(host: string, home: string, values: string[]): Promise<number> {
  const words = ['apply', 'playbooks/e1000e-upgrade.yaml', '--host', host, ...values]
  const { stdout } = await execa(process.execPath, [door, ...words], {
    env: { XDG_STATE_HOME: home },
    stdin: 'ignore',
  })
  const [, minutes = '0', seconds = ''] = /link down for (?:(\d+)m )?([\d.]+)s/.exec(stdout) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const home = await mkdtemp(join(tmpdir(), 'nicfix-outage-'))
const host = await borrowHost()
try {
  await up([host], line => console.error(line))
  const { file, sha256, version } = await quickPackage('e1000e-3.8.7-lab')
  const values = [`source=${file}`, `sha256=${sha256}`, `version=${version}`].flatMap(each => [
    '-e',
    each,
  ])
  const times = { bare: [] as number[], guarded: [] as number[] }
  for (let round = 1; round <= rounds; round += 1) {
    await reset(host)
    const alone = await bareSeconds(host)
    await reset(host)
    const guarded = await guardedSeconds(host, home, values)
    times.bare.push(alone)
    times.guarded.push(guarded)
    console.log(
      `round ${round}: rmmod, modprobe, ip link set up, ifup ${alone.toFixed(2)} s · nicfix apply ${guarded.toFixed(2)} s`,
    )
  }
  const [alone, guarded] = [median(times.bare), median(times.guarded)]
  const ratio = (guarded / alone).toFixed(2)
  console.log(
    `median of ${rounds}: bare ${alone.toFixed(2)} s, nicfix ${guarded.toFixed(2)} s, ratio ${ratio}`,
  )
} finally {
  await down([host])
  await returnHost(host)
  await rm(home, { recursive: true, force: true })
}
