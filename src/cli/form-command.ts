import { z } from 'zod'
import { insertDevice } from '../otp/devices/add-device.js'
import { type CustomKind, filterCustomKinds } from '../otp/kind-registry/custom-kind.js'
import type { Kind } from '../otp/kind-registry/kind.js'
import {
  deviceNameOption,
  hasCommand,
  type KindWithCommand,
  type PrepareDevice,
  type PreparedDevice,
  withCommand,
} from '../otp/kind-registry/kind-command.js'
import type { Otp } from '../otp/otp.js'
import { nextId } from '../otp/sql/next-id.js'
import { runInTime } from '../run-in-time.js'

/** Maximum number of characters of the fields, as of a form on the pages. */
const MAX_LENGTH = 16_384

const FIELDS_OPTION = 'fields-stdin'

const FIELDS = `must be a JSON object of texts with at most ${MAX_LENGTH} characters`

const fieldsSchema = z.record(z.string(), z.string().regex(/^[^\0\p{Surrogate}]*$/u))

/** Adds a command to each kind that has a setup form and no command. A browser's key cannot be entered into one. */
export function withFormCommands(kinds: readonly Kind[]): readonly Kind[] {
  const addable = filterCustomKinds(kinds).filter((kind) => !hasCommand(kind) && !kind.browser)
  const commands = new Map(addable.map((kind): [string, Kind] => [kind.name, withFormCommand(kind)]))
  return kinds.map((kind) => commands.get(kind.name) ?? kind)
}

/** Adds the command that adds a device with the fields of its kind's setup form: `add-<kind>`. */
export function withFormCommand(kind: CustomKind): KindWithCommand {
  const { name, texts } = kind
  return withCommand(kind, {
    name: `add-${name}`,
    description: `add a confirmed device of the kind ${texts.en.name} and print its persistent ID`,
    options: [
      {
        flags: `--${FIELDS_OPTION}`,
        description: 'read the fields of its setup form from standard input, as a JSON object of texts',
      },
      { flags: '--name <N>', description: 'name shown to its owner' },
    ],
    secret: 'fields',
    schema: optionsOf(kind),
  })
}

function optionsOf(kind: CustomKind): KindWithCommand['command']['schema'] {
  const options = z.object({ name: deviceNameOption.default(kind.texts.en.name), fields: z.string().default('{}') })
  return options.transform(({ name, fields: json }, { addIssue }): PrepareDevice => {
    const fields = parseFields(json)
    const problem = fields ? findProblem(kind, fields) : FIELDS
    if (fields && problem === null)
      return async (otp, user) => await prepareDevice(kind, { name, fields }, otp, user.id)
    addIssue({ code: 'custom', path: [FIELDS_OPTION], message: problem ?? FIELDS })
    return z.NEVER
  })
}

type Fields = Readonly<Record<string, string>>

function parseFields(json: string): Fields | null {
  if (json.length > MAX_LENGTH) return null
  try {
    return fieldsSchema.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}

function findProblem({ setup }: CustomKind, fields: Fields): string | null {
  const names = setup.invalidFields(fields)
  return names.length > 0 ? `missing, unknown or invalid: ${names.join(', ')}` : null
}

/**
 * Reads the form before the transaction: `read` can query the database on another connection, and
 * the embedded one has a single backend.
 */
async function prepareDevice(
  kind: CustomKind,
  { name, fields }: { name: string; fields: Fields },
  otp: Otp,
  userId: number,
): Promise<PreparedDevice> {
  const id = await nextId(otp, null, kind.table)
  const read = () => kind.setup.read(fields, { id, userId, otp })
  const result = await runInTime(`setup.read of ${kind.name}`, read)
  if (!result?.ok) return { ok: false, problem: `--${FIELDS_OPTION}: ${explain(kind, result?.code)}` }
  const { columns } = result
  return {
    ok: true,
    async add(transaction) {
      const device = await insertDevice(otp, transaction, kind, { id, userId, name, confirmed: true, columns })
      return { device, line: device.persistentId }
    },
  }
}

/** Returns the kind's text for an error code. A code without a text is not shown, because it could contain a value. */
function explain({ texts: { en } }: CustomKind, code = ''): string {
  const errors = en.errors ?? {}
  return (Object.hasOwn(errors, code) && errors[code]) || 'was rejected by the kind'
}
