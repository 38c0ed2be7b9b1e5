import type { ModelAttributes } from 'sequelize'
import { z } from 'zod'
import { initDevice } from '../../db/models/device.js'
import type { KindMigrations } from '../../db/migrations/index.js'
import type { Language } from '../../i18n/translator.js'
import { enqueue } from '../../notify/enqueue.js'
import type { SendCode } from '../../notify/send-code.js'
import type { Changes } from '../device.js'
import type { Otp } from '../otp.js'
import type { KindPanel, PanelKind } from './kind-panel.js'
import { type BrowserScript, withBrowserAnswers } from './browser-kind.js'
import { defineKind, type Kind, type KindChallenge, type KindDefinition } from './kind.js'

/** The texts of a kind in one language. Keep the first ones short, because they are labels. */
export interface KindTexts {
  /** One device, for example `YubiKey`: its kind in lists and emails, and the method's name in the setup. */
  name: string
  /** Several, for example `YubiKeys`: the panel's menu. */
  names: string
  /** One or two sentences for users who choose a method. */
  about: string
  /** The heading of the setup page and the link to it, for example `Add a YubiKey`. */
  add: string
  /** Label of the field for a token, for example `Touch your YubiKey`. */
  token: string
  /** A sentence below that field. */
  token_hint: string
  /** The panel's labels, by column. */
  columns?: Readonly<Record<string, string>>
  /** Why a setup form was rejected, by the code that `read` returns. */
  errors?: Readonly<Record<string, string>>
  /** The texts of the kind's view, by their name in it: `text('key')`. */
  view?: Readonly<Record<string, string>>
}

/** The result of a setup form: the kind's columns of the new row, or an error code. */
export type SetupResult = { ok: true; columns: Changes } | { ok: false; code: string }

/** The row that is going to be inserted, for sealing its secret and for queries. */
export interface NewDeviceRow {
  /** The secret is sealed for this ID: `otp.keys.seal(secret, { column: 'yubikey_devices.secret', id })`. */
  id: number
  userId: number
  otp: Otp
}

/** How a user sets up a device: with one form, after which the first token confirms the device. */
export interface KindSetup<Form> {
  /**
   * Path of an EJS file with the form's fields, for example
   * `fileURLToPath(new URL('fields.ejs', import.meta.url))`. It receives `text`, `typed` and `alert`.
   */
  view: string
  /** The schema of the form's fields. Any other form is rejected with 400. Report invalid values in `read`. */
  form: z.ZodType<Form>
  /** Fields whose values a rejected form shows again. Never a secret. */
  echoedFields: readonly string[]
  /** Returns the kind's columns of the new row, or what is wrong with the form. */
  read(form: Form, row: NewDeviceRow): SetupResult | Promise<SetupResult>
}

interface CustomKindParts extends KindMigrations {
  /** The kind's own columns of its table, for Sequelize. The common columns are added to them. */
  model: ModelAttributes
  panel: KindPanel
  /** English is required, and is used for the texts that another language lacks. */
  texts: Readonly<{ en: KindTexts } & Partial<Record<Language, KindTexts>>>
}

/**
 * How a kind sends its codes. Its table has the columns of `deliveredCode.tableColumns`. The site
 * generates the codes, limits how many are sent, and stores the result of each delivery.
 */
export interface CodeDelivery<Row> {
  /** Returns where a device's codes go, for example a phone number. The daily limit applies to it. */
  target(row: Row): string
  /** Delivers one code, in the worker's process. */
  send: SendCode
}

/** A custom kind of device, for `createOtpAdminSite({ kinds })`. */
export interface CustomKind extends Omit<Kind, keyof PanelKind>, CustomKindParts, PanelKind {
  panel: KindPanel
  /** Delivers one code, for kinds that send codes. */
  sendCode?: SendCode
  /** The script that answers challenges, for kinds whose tokens the browser creates. */
  browser?: BrowserScript
  setup: Omit<KindSetup<unknown>, 'form' | 'read'> & {
    /** @returns null if the fields do not match the form */
    read(fields: unknown, row: NewDeviceRow): Promise<SetupResult | null>
    /** Whether the fields match the form. */
    fits(fields: unknown): boolean
    /** Returns the names of fields that do not match the form. */
    invalidFields(fields: unknown): string[]
  }
}

/** The definition of a custom kind. Its table is `<name>_devices`. */
export interface CustomKindDefinition<Row, Form>
  extends Omit<KindDefinition<Row>, 'table' | 'challenge' | 'browserToken' | keyof PanelKind>, CustomKindParts {
  setup: KindSetup<Form>
  /** For kinds that send a code to the user. */
  challenge?: CodeDelivery<Row>
  /**
   * For kinds whose tokens the browser creates in answer to a challenge, with a script. `matchesFormat`
   * and `verify` get what the script returned. `verify` has to check that it was made for the value
   * in `context.challenge`, with the device's key. Everything else is checked before.
   */
  browser?: BrowserScript
}

/**
 * Defines a custom kind of device: how a token is verified, and what the site needs to set up,
 * list, rename and remove a device. docs/guides/custom-kinds.md describes every part;
 * examples/custom-device is a complete example.
 *
 * @param definition `name` matches `[a-z][a-z0-9]{0,15}`; its table is `<name>_devices`
 * @returns the kind, for `createOtpAdminSite({ kinds })` and `migrate`, which validate it
 * @example createOtpAdminSite({ kinds: [defineKind({ name: 'yubikey', verify: (row, token) => …, … })] })
 */
export function defineCustomKind<Row, Form>(definition: CustomKindDefinition<Row, Form>): CustomKind {
  const { migrations, model, panel, texts, setup, challenge, browser, ...kind } = definition
  const { form, read, ...page } = setup
  const defined = defineKind({
    ...withoutSiteParts(kind),
    table: `${kind.name}_devices`,
    ...(challenge && { challenge: createChallenge(kind.name, kind.row, challenge) }),
  })
  return {
    ...(browser ? { ...withBrowserAnswers(defined), browser } : defined),
    ...(challenge && { sendCode: challenge.send }),
    migrations,
    model,
    initModel: (sequelize) => initDevice(sequelize, `${kind.name}_devices`, model),
    panel,
    texts,
    setup: {
      ...page,
      fits: (fields) => form.safeParse(fields).success,
      invalidFields: (fields) => findInvalidFields(form, fields),
      async read(fields, row) {
        const parsed = form.safeParse(fields)
        return parsed.success ? read(parsed.data, row) : null
      },
    },
  }
}

/** Returns no messages, because a schema can put the value into one. */
function findInvalidFields(form: z.ZodType, fields: unknown): string[] {
  const issues = form.safeParse(fields).error?.issues ?? []
  const names = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'the form'],
  )
  return [...new Set(names)]
}

/**
 * Leaves out what only the site's own kinds have: pages that get the account's services, and tokens
 * for administrators. The compiler does not notice them in a definition that is not a literal.
 */
function withoutSiteParts<Parts extends object>(kind: Parts): Parts {
  const own = { ...kind }
  for (const part of ['pages', 'issueToken', 'sendCode', 'command', 'browserToken']) Reflect.deleteProperty(own, part)
  return own
}

function createChallenge<Row>(kind: string, schema: z.ZodType<Row>, { target }: CodeDelivery<Row>): KindChallenge {
  return {
    target: (row) => target(schema.parse(row)),
    enqueue: (services, transaction, row, challenge) =>
      enqueue(services, transaction, 'send-kind-code', { ...challenge, kind, to: target(schema.parse(row)) }),
  }
}

/** Returns the functions with which kinds deliver their own codes, by kind, for the worker. */
export function codeSenders(kinds: readonly Kind[]): Record<string, SendCode> {
  return Object.fromEntries(
    filterCustomKinds(kinds).flatMap(({ name, sendCode }) => (sendCode ? [[name, sendCode]] : [])),
  )
}

/** Returns the paths of the scripts with which browsers answer challenges, by kind. */
export function browserScripts(kinds: readonly Kind[]): Record<string, string> {
  return Object.fromEntries(
    filterCustomKinds(kinds).flatMap(({ name, browser }) => (browser ? [[name, browser.script]] : [])),
  )
}

const customKind = z.object({
  name: z.string(),
  table: z.string(),
  matchesFormat: z.function(),
  verify: z.function(),
  migrations: z.array(z.object({ name: z.string(), up: z.function() })),
  model: z.object({}),
  panel: z.object({ columns: z.array(z.string()) }),
  texts: z.object({ en: z.object({ name: z.string() }) }),
  setup: z.object({ view: z.string(), read: z.function() }),
})

/** Whether a value has the parts of what `defineKind` returns. It can be from another copy of this module. */
export function isCustomKind(value: unknown): value is CustomKind {
  return customKind.safeParse(value).success
}

/** Returns the custom kinds. */
export function filterCustomKinds(kinds: readonly Kind[]): CustomKind[] {
  return kinds.filter((kind): kind is CustomKind => 'setup' in kind)
}
