import { describe, expect, test } from 'vitest'
import { powerCut } from '../../src/lab/lab.ts'
import { ready, runOf, setBench, until, wordsOf } from './lab.ts'
import { readFiles, readPause, see } from './state.ts'

const flowControl = 'playbooks/e1000e-flow-control-off.yaml'
const linkFile = '/etc/systemd/network/05-nicfix-eno1.link'

/** The network of eno1 by systemd-networkd, at the next boot; ifupdown has nothing to read any more. */
const toNetworkd = `
  cat >/etc/systemd/network/20-eno1.network <<-EOF
	[Match]
	Name=eno1
	[Network]
	Address=$(ip -4 -o addr show dev eno1 | awk '{ print $4; exit }')
	Gateway=$(ip -4 route show default | awk '{ print $3; exit }')
	EOF
  mv /etc/network/interfaces /root/
  systemctl disable networking
  systemctl enable systemd-networkd
  systemctl mask systemd-networkd-wait-online
  sync`

describe.runIf(ready.ok)('where systemd-networkd configures the network', () => {
  const bench = setBench()
  const ask = (sh: string) => see(bench.host, sh)
  const isBack = async () => (await ask('cat /sys/class/net/eno1/carrier')) === '1'

  test('e1000e-flow-control-off is kept by a .link file: same name, no pause, after a power cut too', async () => {
    const { host } = bench
    await ask(toNetworkd)
    await powerCut(host)
    expect(await ask('networkctl --no-legend list eno1')).toMatch(/routable/)
    const pause = await readPause(host, 'eno1')
    expect(pause).toMatch(/^on /)
    const files = await readFiles(host)
    const former = await ask(
      'udevadm info -q property --property=ID_NET_LINK_FILE --value /sys/class/net/eno1',
    )

    const applied = await bench.nicfix('apply', flowControl, '--host', host)
    expect(wordsOf(applied)).toMatch(/^exit 0\n/)
    expect(applied.out).toContain('changed, and proven')
    expect(await readPause(host, 'eno1')).toBe('off off off')
    const settings = (path: string) => ask(`sed -n '/^\\[Link/,$p' ${path} | grep =`)
    expect(await settings(linkFile)).toBe(
      `${await settings(former)}\nAutoNegotiationFlowControl=no\nRxFlowControl=no\nTxFlowControl=no`,
    )

    await powerCut(host)
    await until('eno1 has its carrier', isBack, 60)
    expect(await readPause(host, 'eno1')).toBe('off off off')
    expect(await ask('networkctl --no-legend list eno1')).toMatch(/routable/)
    expect(await ask('udevadm info -q property /sys/class/net/eno1')).toContain(
      `ID_NET_LINK_FILE=${linkFile}`,
    )
    const again = await bench.nicfix('apply', flowControl, '--host', host)
    expect(wordsOf(again)).toMatch(/^exit 0\n/)
    expect(again.out).toContain('unchanged')

    const back = await bench.nicfix('rollback', runOf(applied), '--host', host)
    expect(wordsOf(back)).toMatch(/^exit 0\n/)
    expect(await readPause(host, 'eno1')).toBe(pause)
    expect(await readFiles(host)).toBe(files)
  })
})
