import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { pruneCache } from '../../src/lab/prune.ts'
import { imageId, rootId } from '../../src/lab/recipe.ts'
import { releases } from '../../src/lab/releases.ts'

test('what the present recipes of all releases make is kept, and the image that a host runs; the rest goes', async () => {
  const home = mkdtempSync(join(tmpdir(), 'nicfix-prune-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  vi.stubEnv('XDG_CACHE_HOME', home)
  onTestFinished(() => void vi.unstubAllEnvs())
  const lab = join(home, 'nicfix/lab')
  const make = (...path: string[]) => mkdirSync(join(lab, ...path), { recursive: true })
  const left = (dir: string) => readdirSync(join(lab, dir)).toSorted()
  const roots = releases.map(each => rootId(each))
  const images = releases.map(each => imageId(each))
  for (const id of [...roots, 'former', 'half.part']) make('roots', id)
  for (const id of [...images, 'former', 'running', 'half.part']) make('images', id)
  make('hosts/h4')
  writeFileSync(join(lab, 'hosts/h4/state.json'), JSON.stringify({ image: 'running' }))
  await pruneCache()
  expect(left('roots')).toEqual([...roots, 'half.part'].toSorted())
  expect(left('images')).toEqual([...images, 'half.part', 'running'].toSorted())
})
