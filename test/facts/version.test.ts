import { describe, expect, test } from 'vitest'
import { isRelease, isVersionRange, matchesVersion, readVersion } from '../../src/facts/version.ts'

const kernel = '6.1.0-50-amd64'

test.each([
  ['', { kind: 'none' }],
  ['N/A', { kind: 'none' }],
  ['1.0', { kind: 'release', text: '1.0.0' }],
  ['6.1.0-50-amd64', { kind: 'in-tree', text: null }],
  ['1.6.27-k', { kind: 'in-tree', text: '1.6.27' }],
  ['7.3.21-k8-NAPI', { kind: 'in-tree', text: '7.3.21' }],
  ['3.8.7-NAPI', { kind: 'release', text: '3.8.7' }],
  ['3.8.7-lab', { kind: 'release', text: '3.8.7-lab' }],
  ['2.13.10', { kind: 'release', text: '2.13.10' }],
  ['2.10.19.82', { kind: 'release', text: '2.10.19+82' }],
  ['5.4.0-k', { kind: 'in-tree', text: '5.4.0' }],
  ['2.8.20-k_rc1 beta', { kind: 'none' }],
])('%j is %j', (version, expected) => {
  expect(readVersion(version, kernel)).toMatchObject(expected)
})

describe('matchesVersion', () => {
  test.each([
    ['1.6.27-k', '<2.13.10', true],
    ['2.13.10', '<2.13.10', false],
    ['2.14.13', '<2.13.10', false],
    ['2.10.19.82', '<2.13.10', true],
    [kernel, '<2.13.10', false],
    [kernel, 'in-tree', true],
    ['1.6.27-k', 'in-tree', true],
    ['2.13.10', 'in-tree', false],
    [kernel, ['in-tree', '<3.8.7'], true],
    ['3.8.4-NAPI', ['in-tree', '<3.8.7'], true],
    ['3.8.7-NAPI', ['in-tree', '<3.8.7'], false],
    ['3.8.7-lab', ['in-tree', '<3.8.7-lab'], false],
    ['3.8.7-lab', '<3.9.0', true],
    ['', '<2.13.10', false],
    ['', 'in-tree', false],
    ['2.0.0', 'no range', false],
  ])('%s in %j: %s', (version, ranges, expected) => {
    expect(matchesVersion(version, kernel, ranges)).toBe(expected)
  })
})

test.each([
  ['2.13.10', '2.13.10', true],
  ['3.8.7-NAPI', '3.8.7', true],
  ['3.8.7-lab', '3.8.7', false],
  ['2.13.10-k', '2.13.10', false],
  [kernel, '6.1.0', false],
  ['', '', true],
])('%j is the release %j: %s', (version, wanted, expected) => {
  expect(isRelease(version, wanted, kernel)).toBe(expected)
})

test('ranges', () => {
  expect(['in-tree', '<2.13.10', '2.x || 3.x'].every(isVersionRange)).toBe(true)
  expect(['in tree', '<<2', 'old'].some(isVersionRange)).toBe(false)
})
