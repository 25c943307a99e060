import { z } from 'zod'
import { diagnosisSchema } from './diagnosis.ts'
import { eventSchema } from './event.ts'
import { factsSchema } from './facts.ts'
import { inventorySchema } from './inventory.ts'
import { planSchema } from './plan.ts'
import { playbookSchema } from './playbook.ts'
import { reportSchema } from './report.ts'

const files = {
  playbook: { title: 'A playbook of nicfix', schema: playbookSchema },
  inventory: { title: 'An inventory of nicfix', schema: inventorySchema },
  plan: { title: 'A plan of nicfix, as `plan -o` keeps it', schema: planSchema },
  report: { title: 'What came of a run, as its folder keeps it', schema: reportSchema },
  event: {
    title: 'A line of what `apply`, `rollback`, `resume` and `confirm` print with `--json`',
    schema: eventSchema,
  },
  diagnosis: { title: 'What `nicfix diagnose` says of a host', schema: diagnosisSchema },
  facts: { title: 'What `nicfix facts` finds on a host', schema: factsSchema },
} as const

export type FileKind = keyof typeof files
export const fileKinds = Object.keys(files) as FileKind[]

type Leaf = z.core.JSONSchema.BaseSchema
type Found = { readonly jsonSchema: Leaf; readonly path: readonly (string | number)[] }

/**
 * The JSON Schema (draft 7, which editors know best) of a kind of file, made of the very types that nicfix reads it
 * with. It is kept in `schema/`.
 */
export function jsonSchemaOf(kind: FileKind): object {
  const { title, schema } = files[kind]
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: found => {
      // Nobody writes these by a form; the word would only be noise.
      delete found.jsonSchema.readOnly
      if (kind === 'playbook') allowVariable(found)
    },
  })
  return { $schema, title, ...rest }
}

/** Where a playbook wants words of a certain form, a variable may stand for them. */
function allowVariable({ jsonSchema, path }: Found): void {
  const isForm = jsonSchema.pattern !== undefined || jsonSchema.enum !== undefined
  const isOwn = path.includes('vars') || path.includes('propertyNames') || path.length < 3
  if (!isForm || isOwn) return
  const form = { ...jsonSchema }
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
  jsonSchema.anyOf = [form, { type: 'string', pattern: String.raw`\$\{[a-z][a-z0-9_]*\}` }]
}
