import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** Shells that a host's /bin/sh may be, by name, and the file that is one. */
export const shells = {
  dash: '/usr/bin/dash',
  ash: '/usr/bin/busybox',
  bash: '/usr/bin/bash',
  mksh: '/usr/bin/mksh',
} as const

export type Shell = keyof typeof shells

export const hasShell = (shell: Shell): boolean => existsSync(shells[shell])

const stubs = new URL('bin/', import.meta.url).pathname
const fromHere = ['usr/bin', 'usr/lib', 'usr/lib64'].filter(path => existsSync(`/${path}`))
const own = 'usr/sbin bin sbin lib/modules etc boot var/lib proc sys dev run tmp kernel'
const folders = [...fromHere, ...own.split(' '), 'control/faults', 'control/initramfs']

/**
 * Makes the root file system of a host: programs and libraries are this machine's, read-only; the tools that talk to
 * the kernel are stubs that PATH finds first; /etc, /boot, /lib/modules and /var/lib are its own.
 */
export function makeRoot(root: string, shell: Shell): void {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true })
  // /lib is a link where /usr is merged; here it has to be a folder, since /lib/modules is the host's own.
  for (const name of readdirSync('/lib'))
    if (name !== 'modules') symlinkSync(`/usr/lib/${name}`, join(root, 'lib', name))
  if (existsSync('/lib64')) symlinkSync('usr/lib64', join(root, 'lib64'))
  symlinkSync('/run', join(root, 'var/run'))
  for (const name of readdirSync(stubs)) copyFileSync(stubs + name, join(root, 'usr/sbin', name))
  // Without it each start of a program looks into twenty folders for each library.
  if (existsSync('/etc/ld.so.cache')) copyFileSync('/etc/ld.so.cache', join(root, ldCache))
  // Links through /etc/alternatives would lead nowhere in here.
  symlinkSync(realpathSync('/usr/bin/awk'), join(root, 'usr/sbin/awk'))
  for (const sh of ['usr/sbin/sh', 'bin/sh']) symlinkSync(shells[shell], join(root, sh))
  for (const link of ['fd', 'stdin', 'stdout', 'stderr'])
    symlinkSync(
      link === 'fd' ? '/proc/self/fd' : `fd/${['stdin', 'stdout', 'stderr'].indexOf(link)}`,
      join(root, 'dev', link),
    )
  for (const node of ['null', 'zero', 'urandom']) writeFileSync(join(root, 'dev', node), '')
}

/** This machine's, and no part of the host's disk. */
export const ldCache = 'etc/ld.so.cache'

/** Runs as the first process of the namespaces, outside of the root; gives way to the host's own init. */
export function enterRoot(root: string): string {
  const mounts = [
    ...fromHere.map(path => `mount --rbind -o ro /${path} ${root}/${path}`),
    `mount -t proc proc ${root}/proc`,
    ...['null', 'zero', 'urandom'].map(node => `mount --bind /dev/${node} ${root}/dev/${node}`),
    `mount --bind ${root}/kernel/sys ${root}/sys`,
    `mount --bind ${root}/kernel/run ${root}/run`,
    `mount --bind ${root}/control/uptime ${root}/proc/uptime`,
    `mount --bind ${root}/control/boot-id ${root}/proc/sys/kernel/random/boot_id`,
  ]
  return `${mounts.join(' && ')} && exec chroot ${root} /usr/sbin/init`
}
