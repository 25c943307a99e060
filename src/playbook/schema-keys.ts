import { z } from 'zod'
import { valueAt, type Path } from './substitute.ts'

/**
 * The keys that a document may have at a path, for error texts. In a list of alternatives (`steps`) the data
 * says which one is meant. Empty where the schema has no map with fixed keys.
 */
export function keysAt(root: z.ZodType, data: unknown, path: Path): string[] {
  const schema = schemaAt(root, data, path)
  const map = schema && bare(schema, valueAt(data, path))
  return map instanceof z.ZodObject ? Object.keys(map.shape) : []
}

/** The part of the schema that judges the value at a path. */
export function schemaAt(root: z.ZodType, data: unknown, path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>(
    (found, part, depth) => found && child(bare(found, valueAt(data, path.slice(0, depth))), part),
    root,
  )
}

function child(schema: z.ZodType | undefined, part: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[part] as z.ZodType | undefined
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType
  return undefined
}

/** Takes off what is around a schema: optional, default, nullable, and the alternatives that the data is not. */
function bare(schema: z.ZodType, data: unknown): z.ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable
  ) {
    return bare(schema.unwrap() as z.ZodType, data)
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const { discriminator } = schema.def
  return (schema.options as z.ZodType[]).find(
    option =>
      option instanceof z.ZodObject &&
      (option.shape[discriminator] as z.ZodType).safeParse(valueAt(data, [discriminator])).success,
  )
}
