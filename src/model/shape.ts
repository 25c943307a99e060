import { z } from 'zod'

// What the files of nicfix are made of. All of it is read-only, and has no other keys than those that are named.

export const shape = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.strictObject(fields).readonly()

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/** By name. */
export const map = <Item extends z.ZodType>(item: Item) => z.record(z.string(), item).readonly()

export const text = z.string()
export const flag = z.boolean()
export const count = z.int().nonnegative()
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a sha256 of 64 hexadecimal digits')
