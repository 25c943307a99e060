import { randomBytes } from 'node:crypto'

const two = (number: number) => String(number).padStart(2, '0')

/** A run's id, also the name of its transaction on each host: when it began (UTC), and four random digits. */
export function makeRunId(now: Date, random: Uint8Array = randomBytes(2)): string {
  const day = `${now.getUTCFullYear()}${two(now.getUTCMonth() + 1)}${two(now.getUTCDate())}`
  const time = `${two(now.getUTCHours())}${two(now.getUTCMinutes())}`
  return `${day}-${time}-${Buffer.from(random).toString('hex')}`
}

/** The secret that confirms a trial: 128 bits that only the controller's memory and the host's disk hold. */
export function makeToken(): string {
  return randomBytes(16).toString('hex')
}
