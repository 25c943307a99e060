import { z } from 'zod'

// What the files of nicfix are made of. All of it is read-only, and has no other keys than those that are named.

export const shape = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.strictObject(fields).readonly()

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/** By name. */
export const map = <Item extends z.ZodType>(item: Item) => z.record(z.string(), item).readonly()

export const text = z.string()
const matching = (pattern: RegExp, expected: string) => z.string().regex(pattern, expected)

// What becomes a part of a path, or words of a command, on a host. A digest says that a plan is the one that was reviewed,
// not that it was made by nicfix: what a reviewer would read over must not be in it.
export const words = matching(/^[A-Za-z0-9 -]*$/, 'expected words of letters, digits and dashes')
export const moduleName = matching(/^[a-z][a-z0-9_-]*$/, 'expected the name of a module')
export const release = matching(/^\w[\w.+~-]*$/, 'expected the release of a kernel')
export const line = matching(/^[^\n\0]*$/, 'expected one line')
export const path = matching(
  /^(?!.*\/\.\.(\/|$))\/[^\n\r\0]*$/,
  'expected an absolute path without ..',
)
export const pciAddress = matching(
  /^[0-9a-fA-F]{4,}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]$/,
  'expected a PCI address',
)
export const fileMode = matching(/^0[0-7]{3}$/, 'expected a mode such as 0644')
export const fileOwner = matching(/^\d+:\d+$/, 'expected an owner such as 0:0')
export const changeId = matching(/^\d{2}$/, 'expected two digits')

export const flag = z.boolean()
export const count = z.int().nonnegative()
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a sha256 of 64 hexadecimal digits')
