import { deviceSignatures } from './device.ts'
import { dropSignatures } from './drops.ts'
import { firmwareSignatures } from './firmware.ts'
import { hostSignatures, moduleSignatures } from './host.ts'
import { intelTimeouts } from './intel-timeouts.ts'
import { linkSignatures } from './link.ts'
import type { Signature } from './signature.ts'
import { timeoutSignatures } from './timeouts.ts'

/** All troubles that nicfix knows. Where several fit a line, the first one has it. */
export const signatures: readonly Signature[] = [
  ...hostSignatures,
  ...moduleSignatures,
  ...firmwareSignatures,
  ...deviceSignatures,
  ...linkSignatures,
  ...intelTimeouts,
  ...timeoutSignatures,
  ...dropSignatures,
]
