import { matchesVersion, readVersion } from '../facts/version.ts'
import type { Case } from './port.ts'
import type { Need, Offer } from './signatures/signature.ts'

/** What is known of a condition. */
export type Answer = { readonly holds: boolean; readonly why: string }

const i219 =
  /I21[789]|8086:(?:156f|1570|15b[789be]|15d[678]|15e[123]|15[ef][abcdf]|0d4[cdef]|0d5[345]|1a1[cdef])/i

/** Whether a playbook may be named for a port; `why` says what stands against it. */
export function answerNeed(need: Need, { state, device }: Case): Answer {
  switch (need) {
    case 'segmentation-not-off':
      return state?.offloads['tso']?.on === false
        ? { holds: false, why: 'segmentation is off already (ethtool -k)' }
        : { holds: true, why: '' }
    case 'segmentation-off':
      return { holds: state?.offloads['tso']?.on === false, why: 'segmentation is still on' }
    case 'ring-below-maximum': {
      const ring = state?.ring ?? null
      if (ring === null)
        return { holds: false, why: 'the size of the ring is not known (ethtool -g)' }
      const why = `the ring is at its maximum already: ${ring.rx} of ${ring.maxRx}`
      return { holds: ring.rx < ring.maxRx, why }
    }
    case 'i219':
      return {
        holds: i219.test(`${state?.pciId ?? ''} ${device?.model ?? ''}`),
        why: 'the fix is for I217 to I219',
      }
  }
}

/** Is the loaded driver one that the fix came after? */
export function answerVersion(older: NonNullable<Offer['older']>, found: Case): Answer {
  const version = found.state?.version ?? found.device?.version ?? null
  const driver = found.device?.driver ?? 'the driver'
  if (version === null) {
    const where = found.device?.name ?? 'PORT'
    return {
      holds: false,
      why: `the loaded version of ${driver} is not known: ethtool -i ${where}`,
    }
  }
  const { kind, text } = { text: null, ...readVersion(version, found.kernel ?? '') }
  if (kind === 'none')
    return { holds: false, why: `the version ${version} of ${driver} tells nothing` }
  const range = kind === 'in-tree' ? older.inTree : older.release
  if (text === null || range === null) {
    const why = `${driver} is the one of kernel ${found.kernel ?? version}: update the kernel, not the driver`
    return { holds: false, why }
  }
  return {
    holds: matchesVersion(version, found.kernel ?? '', range),
    why: `${driver} ${version} is not older than the fix`,
  }
}
