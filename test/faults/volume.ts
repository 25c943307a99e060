import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { durable } from '../host/sim/disk.ts'
import { SimHost } from '../host/sim/sim.ts'
import type { Start } from '../host/sim/sim.ts'

const command = (name: string, ...argv: string[]) =>
  execFileSync(name, argv, { encoding: 'utf8' }).trim()

/**
 * A disk of a few megabytes, with a file system of its own, under everything that a host keeps over a reboot: it can be
 * filled to the last block or inode, and it can fail as a real one does.
 */
export class Volume {
  readonly host: SimHost
  readonly #at: string
  readonly #image: string
  #device = ''

  private constructor(host: SimHost) {
    this.host = host
    this.#at = join(host.root, 'disk')
    this.#image = `${host.root}.img`
  }

  static async start(start: Start = {}, megabytes = 16): Promise<Volume> {
    const host = await SimHost.start(start)
    await host.powerCut()
    const volume = new Volume(host)
    volume.#make(megabytes)
    await host.boot()
    return volume
  }

  #make(megabytes: number): void {
    mkdirSync(this.#at)
    command('truncate', '-s', `${megabytes}M`, this.#image)
    command('mkfs.ext4', '-q', '-m', '0', '-N', '1500', '-d', this.#template(), this.#image)
    this.#mount()
  }

  /** What is on the disk so far. */
  #template(): string {
    const template = join(this.host.root, 'tmp/template')
    for (const path of durable)
      cpSync(join(this.host.root, path), join(template, path), {
        recursive: true,
        verbatimSymlinks: true,
      })
    return template
  }

  /** Takes what is free, but for so many kilobytes of blocks. */
  fill(what: 'blocks' | 'inodes', kilobytesLeft = 0): void {
    mkdirSync(join(this.#at, 'full'), { recursive: true })
    const full = join(this.#at, 'full', what)
    try {
      if (what === 'blocks') {
        const { bavail, bsize } = statfsSync(this.#at)
        const beyond = kilobytesLeft === 0 ? 1_000_000 : -kilobytesLeft * 1024
        writeFileSync(full, Buffer.alloc(bavail * bsize + beyond))
      } else {
        for (let n = 0; ; n++) writeFileSync(`${full}-${n}`, '')
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  /** Gives everything back that `fill` took. */
  free(): void {
    rmSync(join(this.#at, 'full'), { recursive: true, force: true })
  }

  /** The file system meets an error and becomes read-only under those who have files open, as after a bad sector. */
  fail(): void {
    writeFileSync(`/sys/fs/ext4/${basename(this.#device)}/trigger_fs_error`, 'nicfix test\n')
  }

  get isReadOnly(): boolean {
    try {
      writeFileSync(join(this.#at, 'probe'), '')
      return false
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EROFS'
    }
  }

  /** The power goes, the file system is checked, and the host boots. */
  async repair(): Promise<void> {
    await this.host.powerCut()
    this.#unmount()
    // Another copy: whoever has looked at the mounts meanwhile may still hold the broken one.
    const repaired = `${this.#image}.repaired`
    command('mv', this.#image, repaired)
    command('cp', '--sparse=always', repaired, this.#image)
    rmSync(repaired)
    command('sh', '-c', `e2fsck -fy ${this.#image} >/dev/null 2>&1 || [ $? -le 2 ]`)
    this.#mount()
    await this.host.boot()
  }

  #mount(): void {
    command('mount', '-o', 'loop,errors=remount-ro', this.#image, this.#at)
    this.#device = command('findmnt', '-no', 'SOURCE', this.#at)
    for (const path of durable)
      command('mount', '--bind', join(this.#at, path), join(this.host.root, path))
  }

  #unmount(): void {
    for (const path of durable) command('umount', join(this.host.root, path))
    command('umount', this.#at)
  }

  async end(): Promise<void> {
    await this.host.powerCut()
    this.#unmount()
    rmSync(this.#image, { force: true })
    await this.host.end()
  }
}
