import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { cacheDir } from './paths.ts'

/** How QEMU runs the guest's code: on the processor, or by translating it. */
export type Accelerator = { readonly name: 'kvm' | 'tcg'; readonly why: string }

const memory = () => join(cacheDir(), 'accelerator.json')

/**
 * The accelerator to use: what NICFIX_LAB_ACCEL says, else KVM where a guest really runs on it, else TCG.
 * The answer is kept until this machine boots again: a /dev/kvm that hangs costs ten seconds to find out.
 */
export async function chooseAccelerator(): Promise<Accelerator> {
  const wanted = process.env['NICFIX_LAB_ACCEL']
  if (wanted === 'kvm' || wanted === 'tcg') return { name: wanted, why: 'NICFIX_LAB_ACCEL says so' }
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const known = await readFile(memory(), 'utf8').then(JSON.parse, () => ({}))
  if (known.boot === boot) return known.accelerator
  const accelerator = await probe()
  await remember(accelerator)
  return accelerator
}

/** Keeps an answer that was found otherwise, such as a real guest that did not come up on KVM. */
export async function remember(accelerator: Accelerator): Promise<void> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  await mkdir(cacheDir(), { recursive: true, mode: 0o700 })
  await writeFile(memory(), `${JSON.stringify({ boot, accelerator })}\n`)
}

async function probe(): Promise<Accelerator> {
  if (!existsSync('/dev/kvm')) return { name: 'tcg', why: 'there is no /dev/kvm' }
  return (await runsTinyGuest('kvm'))
    ? { name: 'kvm', why: 'a tiny guest ran on it' }
    : { name: 'tcg', why: 'a tiny guest did not run on /dev/kvm' }
}

/** A BIOS that counts down ten million times, then tells QEMU by a debug port to exit. */
export function tinyBios(): Buffer {
  const bios = Buffer.alloc(65536, 0xf4)
  const countDown = [0x66, 0xb9, 0x80, 0x96, 0x98, 0x00, 0x66, 0x49, 0x75, 0xfc] // mov ecx,10^7; dec ecx; jnz
  const exit = [0xba, 0xf4, 0x00, 0xb0, 0x21, 0xee, 0xf4] // mov dx,0xf4; mov al,0x21; out dx,al; hlt
  bios.set([...countDown, ...exit], 0xff00)
  bios.set([0xe9, 0x0d, 0xff], 0xfff0) // the reset vector: jmp 0xff00
  return bios
}

/** Whether code of a guest really executes: KVM may accept a machine and then hang. */
export async function runsTinyGuest(name: 'kvm' | 'tcg', timeoutMs = 10_000): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'nicfix-probe-'))
  const bios = join(dir, 'bios')
  try {
    await writeFile(bios, tinyBios())
    const machine = ['-machine', 'q35', '-cpu', 'max', '-smp', '2', '-m', '64', '-bios', bios]
    const quiet = ['-nodefaults', '-no-user-config', '-display', 'none']
    const door = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=1']
    const result = await execa(
      'qemu-system-x86_64',
      ['-accel', name, ...machine, ...quiet, ...door],
      { reject: false, timeout: timeoutMs, forceKillAfterDelay: 1000 },
    )
    return result.exitCode === 0x21 * 2 + 1
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
