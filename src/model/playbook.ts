import { z } from 'zod'

const onOff = z
  .union([z.boolean(), z.enum(['on', 'off'])])
  .transform(value => value === true || value === 'on')
const seconds = z
  .string()
  .regex(/^\d{1,6}(s|m)$/, 'a time such as 180s or 3m')
  .transform(text => Number.parseInt(text, 10) * (text.endsWith('m') ? 60 : 1))
const bytes = z
  .string()
  .regex(/^\d{1,6}(MiB|GiB)$/, 'a size such as 500MiB or 1GiB')
  .transform(text => Number.parseInt(text, 10) * 1024 ** (text.endsWith('GiB') ? 3 : 2))
const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name of small letters, digits and dashes')
const word = z.string().min(1)
const module = z.string().regex(/^[a-z][a-z0-9_-]*$/, 'a name of small letters, digits, _ and -')
const descriptors = z
  .union([z.number(), z.string()])
  .transform(String)
  .pipe(z.string().regex(/^(max|[1-9]\d*)$/, 'max, or a number of descriptors'))

/** A command and its words, as execve(2) takes them. No shell reads it: one is asked for with [sh, -c, …]. */
const argv = z
  .array(z.string().regex(/^[^\n\0]*$/, 'text of one line'))
  .min(1)
  .refine(words => /^[A-Za-z0-9._/+][A-Za-z0-9._/+-]*$/.test(words[0] ?? ''), {
    error: 'a list of words, the first of them the name of a command',
    when: ({ issues }) => issues.length === 0,
  })

/** Settings of a port that a playbook may ask for, as the steps nic.NAME and under nic.persist. */
const settings = {
  pause: z.strictObject({ autoneg: onOff.optional(), rx: onOff, tx: onOff }),
  offload: someOf({
    rx: onOff.optional(),
    tx: onOff.optional(),
    sg: onOff.optional(),
    tso: onOff.optional(),
    gso: onOff.optional(),
    gro: onOff.optional(),
    lro: onOff.optional(),
    rxvlan: onOff.optional(),
    txvlan: onOff.optional(),
    rxhash: onOff.optional(),
  }),
  ring: someOf({ rx: descriptors.optional(), tx: descriptors.optional() }),
  eee: z.strictObject({ eee: onOff }),
}
export type Setting = keyof typeof settings
export type Wanted = { readonly [S in Setting]: z.infer<(typeof settings)[S]> }
export const settingNames = Object.keys(settings) as Setting[]

function isNotEmpty(value: object): boolean {
  return Object.values(value).some(each => each !== undefined)
}

function someOf<Fields extends z.ZodRawShape>(fields: Fields) {
  const error = `at least one of ${Object.keys(fields).join(', ')}`
  // A key that is unknown is told of by itself.
  return z
    .strictObject(fields)
    .refine(isNotEmpty, { error, when: ({ issues }) => issues.length === 0 })
}

/** Conditions under which a playbook does not run; each is judged from the facts alone. */
export const refusals = [
  'vf-in-use',
  'rdma-loaded',
  'root-on-network',
  'unsigned-module-rejected',
  'last-bond-member',
  'child-elsewhere',
  'openvswitch-port',
  'cluster-member',
] as const
export type Refusal = (typeof refusals)[number]

/** What nicfix refuses for a reason that a playbook may know better: each is accepted by its name. */
export const risks = [
  'i40e-pause-off',
  'last-bond-member',
  'child-elsewhere',
  'openvswitch-port',
  'cluster-member',
] as const
export type Risk = (typeof risks)[number]

export const variableTypes = ['text', 'integer', 'version', 'sha256', 'on-off', 'address'] as const
export type VariableType = (typeof variableTypes)[number]

const step = <Name extends string, With extends z.ZodType>(use: Name, params: With) =>
  z.strictObject({ id: name, use: z.literal(use), with: params })

export const stepSchema = z.discriminatedUnion('use', [
  step('nic.pause', settings.pause),
  step('nic.offload', settings.offload),
  step('nic.ring', settings.ring),
  step('nic.eee', settings.eee),
  step(
    'nic.persist',
    someOf({
      pause: settings.pause.optional(),
      offload: settings.offload.optional(),
      ring: settings.ring.optional(),
      eee: settings.eee.optional(),
    }),
  ),
  step('driver.build', z.strictObject({ source: word, sha256: word, module, version: word })),
  step('driver.trial', z.strictObject({ from: name })),
  step('driver.install', z.strictObject({ from: name })),
  step('driver.boot-hook', z.strictObject({ module })),
  step('driver.stock', z.strictObject({ module })),
  step('driver.remove', z.strictObject({ module })),
  step(
    'host.run',
    z.strictObject({
      /** Why, for whoever reviews the plan. */
      reason: word,
      check: argv,
      run: argv,
      verify: argv,
      undo: argv,
      /** Each of them may take so long. */
      timeout: seconds.default(60),
      /** How long the selected ports may be without link through it. */
      outage: seconds.optional(),
    }),
  ),
])

/** A playbook as the YAML has it, `${var}` still in place. Unknown keys are errors. */
export const playbookSchema = z.strictObject({
  nicfix: z.literal(1),
  name,
  description: z.string().optional(),
  nics: z.strictObject({
    match: z.strictObject({
      driver: word.optional(),
      name: word.optional(),
      pci: word.optional(),
      /** semver range over the normalised version, or 'in-tree'; a port outside of it needs no fix. */
      version: z.union([word, z.array(word).min(1)]).optional(),
    }),
    'none-matched': z.enum(['fail', 'skip']).default('fail'),
  }),
  requires: z
    .strictObject({
      commands: z.array(word).default([]),
      'kernel-headers': z.literal('running').optional(),
      free: z.strictObject({ path: word, size: bytes }).optional(),
    })
    .default({ commands: [] }),
  'refuse-when': z.array(z.enum(refusals)).default([]),
  'accept-risk': z.array(z.enum(risks)).default([]),
  vars: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]*$/, 'a name of small letters, digits and underscores'),
      z.strictObject({
        default: z.union([z.string(), z.number()]).transform(String).optional(),
        description: z.string().optional(),
        required: z.boolean().optional(),
        /** What its value must be; any text where there is none. */
        type: z.enum(variableTypes).optional(),
        choices: z.array(word).min(1).optional(),
        pattern: z.string().optional(),
      }),
    )
    .default({}),
  guard: z.strictObject({ 'confirm-within': seconds }).default({ 'confirm-within': 180 }),
  'max-outage': seconds.optional(),
  steps: z.array(stepSchema).min(1),
  /** How many hosts are changed before how many others. */
  fleet: z
    .strictObject({
      waves: z
        .array(
          z.union([
            z.number().int().positive(),
            z.string().regex(/^([1-9]\d?|100)%$/, 'expected 1% to 100%'),
          ]),
        )
        .min(1),
      soak: seconds.optional(),
      'max-failures': z.number().int().positive().optional(),
    })
    .optional(),
})

export type Playbook = z.infer<typeof playbookSchema>
export type Step = z.infer<typeof stepSchema>
export type Use = Step['use']
export type StepOf<U extends Use> = Extract<Step, { use: U }>

/** A playbook with its origin and every `${var}` replaced: what the planner takes. */
export type LoadedPlaybook = {
  readonly path: string
  readonly sha256: string
  readonly playbook: Playbook
  readonly vars: Readonly<Record<string, string>>
}
