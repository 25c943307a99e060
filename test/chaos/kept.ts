import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ended } from './round.ts'
import type { Vm } from './machine.ts'
import * as vms from './machine.ts'

const evidence = `cd /var/lib/nicfix 2>/dev/null && {
  ls -laR . | grep -v '^total' | head -n 150
  for file in tx/*/log tx/*/out tx/*/MANUAL.txt boot.log.d/*/log boot.log.d/*/out; do
    [ -f "$file" ] && { echo "== $file"; tail -n 80 "$file"; }
  done
}
echo '== units'; systemctl --no-legend --all list-units 'nicfix*' rc-local.service
journalctl -b --no-pager -u 'nicfix*' -u rc-local | tail -n 60
echo '== processes'; ps axf | tail -n 40
echo '== kernel'; dmesg | tail -n 40; exit 0`

/** Keeps the disk and what can be read of the host of a round that went wrong. Returns the directory. */
export async function keep(vm: Vm, name: string, round: Ended): Promise<string> {
  const dir = join(vms.chaosDir(), 'kept', name)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const told = await vms.inside(vm, evidence, 120).catch(String)
  await writeFile(join(dir, 'round.json'), `${JSON.stringify(round, null, 2)}\n`)
  await writeFile(join(dir, 'host.txt'), `${told}\n${await vms.readSerial(vm)}\n`)
  await vms.turnOff(vm)
  await cp(join(vm.dir, 'disk.qcow2'), join(dir, 'disk.qcow2'))
  return dir
}

/** Boots a kept disk and tells how to log in, until ^C. What is looked at changes: the kept disk itself stays as it is. */
export async function showKept(dir: string, firmware: string): Promise<void> {
  const vm = await vms.makeVm('kept', join(dir, 'vm'), firmware)
  await vms.setDisk(vm, join(dir, 'disk.qcow2'))
  await vms.boot(vm)
  await (await vms.connect(vm, 300)).close()
  const { port, user, address, keyFile } = vm.login
  const options = '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'
  console.log(`ssh -i ${keyFile} ${options} -p ${port} ${user}@${address}     (^C here ends it)`)
  const isAsked = new Promise(resolve => process.once('SIGINT', resolve))
  await Promise.race([isAsked, sleep(3_600_000)])
  await vms.turnOff(vm)
}
