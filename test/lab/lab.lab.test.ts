import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  buildModule,
  down,
  driverPackages,
  findLabHost,
  guestExec,
  labReady,
  labStatus,
  powerCut,
  reboot,
  reset,
  setLink,
  sshArguments,
  up,
} from '../../src/lab/lab.ts'
import { borrowHost, returnHost } from '../main/borrow.ts'

const ready = await labReady()
if (!ready.ok) {
  console.error(`lab tests NOT run: ${ready.why}`)
  if (process.env['NICFIX_LAB'] === 'required') throw new Error(ready.why)
}

let host = ''

async function see(sh: string, timeoutMs?: number): Promise<string> {
  return (await guestExec(host, sh, timeoutMs)).out.trim()
}

const readLog = (): Promise<string> => see('dmesg')

async function ssh(command: string, inputFile?: string): Promise<string> {
  const login = findLabHost(host)
  if (!login) throw new Error(`${host} is not up`)
  const input = inputFile ? { inputFile } : { stdin: 'ignore' as const }
  return (await execa('ssh', [...sshArguments(login), command], input)).stdout
}

describe.runIf(ready.ok)('a lab host', () => {
  beforeAll(async () => {
    host = await borrowHost()
    await up([host], line => console.error(line))
    await reset(host)
  })
  afterAll(async () => {
    await down([host])
    await returnHost(host)
  })

  test('has two ports: the e1000e that carries ssh and the i40e stand-in', async () => {
    const e1000e = await ssh('ethtool -i eno1')
    expect(e1000e).toMatch(/^driver: e1000e$/m)
    expect(e1000e).toMatch(/^bus-info: 0000:01:00\.0$/m)
    const i40e = await ssh('ethtool -i eno3')
    expect(i40e).toMatch(/^driver: i40e$/m)
    expect(i40e).toMatch(/^version: 1\.6\.27-k$/m)
    expect(i40e).toMatch(/^bus-info: 10000:00:00\.0$/m)
    expect(await ssh('ls /sys/class/net')).toBe('eno1\neno3\nlo')
    expect(await ssh('ping -c 1 -W 5 10.0.3.2; ping -c 1 -W 5 10.0.2.2')).toContain(' 0% packet')
  })

  test('has no rc.local, a journal on disk, and nothing that failed', async () => {
    expect(await see('test -e /etc/rc.local; echo $?')).toBe('1')
    expect(await see('test -d /var/log/journal; echo $?')).toBe('0')
    expect(await see('systemctl --failed --no-legend')).toBe('')
  })

  test('answers inside with every port dead, and a reset undoes that', async () => {
    await ssh('touch /root/mark && sync')
    expect(await see('rmmod e1000e; ip link set eno3 down; ls /sys/class/net')).toBe('eno3\nlo')
    await reset(host)
    expect(await ssh('ls /root; ls /sys/class/net')).toBe('eno1\neno3\nlo')
    const skew = Number(await ssh('date +%s')) - Date.now() / 1000
    expect(Math.abs(skew)).toBeLessThan(10)
  })

  test('sees a cable that is unplugged and plugged in again', async () => {
    for (const nic of ['eno1', 'eno3'] as const) {
      const carrier = () => see(`cat /sys/class/net/${nic}/carrier`)
      await setLink(host, nic, false)
      await expect.poll(carrier, { timeout: 30_000, interval: 1000 }).toBe('0')
      await setLink(host, nic, true)
      await expect.poll(carrier, { timeout: 30_000, interval: 1000 }).toBe('1')
    }
  })

  test('comes back from a panic', async () => {
    await guestExec(host, 'echo c >/proc/sysrq-trigger', 2000).catch(() => undefined)
    await reset(host)
    expect(await ssh('echo alive')).toBe('alive')
  })

  test('refuses a change of pause autonegotiation on i40e, as the real driver does', async () => {
    const refused = await see('ethtool -A eno3 autoneg on; dmesg | tail -n 1')
    expect(refused).toContain('Operation not supported')
    expect(refused).toContain('To change autoneg please use: ethtool -s <dev> autoneg <on|off>')
    expect(await see('ethtool -A eno3 rx on tx on; echo $?')).toBe('0')
    expect(await see('ethtool -a eno3')).toMatch(/^RX:\s+on$/m)
  })

  test.each([
    ['e1000e', '3.8.7-lab', 'eno1'],
    ['i40e', '2.13.10', 'eno3'],
  ])('takes the out-of-tree %s %s on %s', async (module, version, nic) => {
    const name = `${module}-${version}`
    expect(driverPackages()[name]).toMatchObject({ module, version })
    await ssh(`cat >/root/${module}.ko`, await buildModule(name))
    const options = module === 'e1000e' ? 'IntMode=0,0,0,0' : ''
    const swap = `rmmod ${module}; insmod /root/${module}.ko ${options}; udevadm settle; ifup --force ${nic}`
    await guestExec(host, swap, 120_000)
    expect(await ssh(`ethtool -i ${nic}`)).toContain(`\nversion: ${version}\n`)
    expect(await see(`modinfo -F vermagic /root/${module}.ko`)).toContain(await see('uname -r'))
    await reset(host)
  })

  test('a port that hangs while sending is found out by the kernel', async () => {
    await ssh('cat >/root/i40e.ko', await buildModule('i40e-2.13.10-txhang'))
    await guestExec(host, 'rmmod i40e; insmod /root/i40e.ko; udevadm settle; ifup --force eno3')
    await guestExec(host, 'ping -c 25 10.0.3.2', 90_000)
    await expect
      .poll(readLog, { timeout: 60_000, interval: 2000 })
      .toMatch(/eno3.*transmit queue 0 timed out/)
    expect(await readLog()).toContain('tx_timeout recovery level 1')
    await reset(host)
  })

  test('keeps what was synced over a reboot and a power cut', async () => {
    await ssh('echo kept >/root/kept && sync')
    await reboot(host)
    expect(await ssh('cat /root/kept')).toBe('kept')
    await powerCut(host)
    expect(await ssh('cat /root/kept; ethtool -i eno3 | sed -n 2p')).toBe('kept\nversion: 1.6.27-k')
    await reset(host)
    expect(await ssh('ls /root')).toBe('')
  })

  test('shows in the status', async () => {
    expect((await labStatus()).find(each => each.host === host)?.state).toBe('up')
  })
})
