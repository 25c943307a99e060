import { expect, test } from 'vitest'
import { digest, imageId, rootId, snapshotId } from '../../src/lab/recipe.ts'
import { newer, older, releases, standard } from '../../src/lab/releases.ts'

test('the order of entries does not change the id; a name, a content, a boundary does', () => {
  const id = digest(new Map([['a', 'xy'], ['b', 'z']])) // prettier-ignore
  expect(digest(new Map([['b', 'z'], ['a', 'xy']]))).toBe(id) // prettier-ignore
  expect(digest(new Map([['a', 'x'], ['b', 'yz']]))).not.toBe(id) // prettier-ignore
  expect(digest(new Map([['a', 'xy'], ['c', 'z']]))).not.toBe(id) // prettier-ignore
  expect(id).toMatch(/^[0-9a-f]{16}$/)
})

test('the ids are stable, and each is its own', () => {
  expect(imageId()).toBe(imageId())
  const ids = releases.flatMap(each => [imageId(each), rootId(each)])
  expect(new Set(ids).size).toBe(2 * releases.length)
  expect([imageId(standard), rootId(standard)]).toEqual([imageId(), rootId()])
})

test('another list of packages is another root and another image', () => {
  const more = { ...older, packages: [...older.packages, 'tcpdump'] }
  expect(rootId(more)).not.toBe(rootId(older))
  expect(imageId(more)).not.toBe(imageId(older))
  expect(imageId({ ...newer, laidIn: ['ifupdown2'] })).not.toBe(imageId(newer))
})

test('a snapshot is bound to its image and to how it was booted', () => {
  const id = snapshotId('image', ['-accel', 'tcg'])
  expect(snapshotId('image', ['-accel', 'kvm'])).not.toBe(id)
  expect(snapshotId('other', ['-accel', 'tcg'])).not.toBe(id)
})
