import type { ModelAttributes } from 'sequelize'
import type { z } from 'zod'
import { initDevice } from '../../db/models/device.js'
import type { KindMigrations } from '../../db/migrations/index.js'
import type { Language } from '../../i18n/translator.js'
import { enqueue } from '../../notify/enqueue.js'
import type { SendCode } from '../../notify/send-code.js'
import type { Changes } from '../device.js'
import type { Otp } from '../otp.js'
import type { KindPanel, PanelKind } from './kind-panel.js'
import { defineKind, type Kind, type KindChallenge, type KindDefinition } from './kind.js'

/** What a person reads about a kind, in one language. Short: the first ones are labels. */
export interface KindTexts {
  /** One device, for example `YubiKey`: its kind in lists and mails, and the method's name in set-up. */
  name: string
  /** Several, for example `YubiKeys`: the panel's menu. */
  names: string
  /** A sentence or two for whoever chooses a method. */
  about: string
  /** The set-up page's heading and the way to it, for example `Add a YubiKey`. */
  add: string
  /** Label of the field for a token, for example `Touch your YubiKey`. */
  token: string
  /** A sentence under that field. */
  token_hint: string
  /** What the panel calls the columns that it shows, by column. */
  columns?: Readonly<Record<string, string>>
  /** Why a set-up was refused, by the code that `read` gives. */
  errors?: Readonly<Record<string, string>>
  /** What the kind's own view says, by the name it asks for: `text('key')`. */
  view?: Readonly<Record<string, string>>
}

/** What a set-up form came to: the new row's own columns, or why there is none. */
export type SetupResult = { ok: true; columns: Changes } | { ok: false; code: string }

/** The row to come, for sealing its secret and for looking around. */
export interface NewDeviceRow {
  /** Part of what the secret is sealed for: `otp.keys.seal(secret, { column: 'yubikey_devices.secret', id })`. */
  id: number
  userId: number
  otp: Otp
}

/** How a person sets up a device: one form, after which the first token confirms it. */
export interface KindSetup<Form> {
  /** Path of an EJS file with the form's fields, for example by `fileURLToPath(new URL('fields.ejs', import.meta.url))`. It gets `text`, `typed` and `alert`. */
  view: string
  /** The form's fields. What does not fit is no form of ours (400): say what is wrong with a value in `read`. */
  form: z.ZodType<Form>
  /** Fields that a refused form shows again. A secret is none of them. */
  echoedFields: readonly string[]
  /** Makes the new row's columns of the form, or says what is wrong with it. */
  read(form: Form, row: NewDeviceRow): SetupResult | Promise<SetupResult>
}

interface CustomKindParts extends KindMigrations {
  /** The kind's own columns of its table, for Sequelize. The common ones are there already. */
  model: ModelAttributes
  panel: KindPanel
  /** English at least; it says what another language lacks. */
  texts: Readonly<{ en: KindTexts } & Partial<Record<Language, KindTexts>>>
}

/**
 * How a kind sends its codes. Its table has the columns of `deliveredCode.tableColumns`; the site
 * makes the codes, limits how many are sent, and waits to hear what became of each.
 */
export interface CodeDelivery<Row> {
  /** Where a device's codes go, for example a number: what the limit of a day counts by. */
  target(row: Row): string
  /** Delivers one, in the process of the worker. */
  send: SendCode
}

/** A kind of device from outside, for `createOtpAdminSite({ kinds })`. */
export interface CustomKind extends Omit<Kind, keyof PanelKind>, CustomKindParts, PanelKind {
  panel: KindPanel
  /** For kinds that send a code: delivers one. */
  sendCode?: SendCode
  setup: Omit<KindSetup<unknown>, 'form' | 'read'> & {
    /** @returns null where the fields are none of the form's */
    read(fields: unknown, row: NewDeviceRow): Promise<SetupResult | null>
    /** Whether the fields are the form's at all. */
    fits(fields: unknown): boolean
  }
}

/** Everything that belongs to a kind from outside. Its table is `<name>_devices`. */
export interface CustomKindDefinition<Row, Form>
  extends Omit<KindDefinition<Row>, 'table' | 'challenge' | keyof PanelKind>, CustomKindParts {
  setup: KindSetup<Form>
  /** For kinds that send a code before they can be answered. */
  challenge?: CodeDelivery<Row>
}

/**
 * Defines a custom kind of device: how a token is verified, and what the site has to know to set a
 * device up, list it, rename it and remove it. docs/guides/custom-kinds.md describes every part;
 * examples/custom-device is a complete one.
 *
 * @param definition `name` matches `[a-z][a-z0-9]{0,15}`; its table is `<name>_devices`
 * @returns the kind, for `createOtpAdminSite({ kinds })` and `migrate`, where it is checked
 * @example createOtpAdminSite({ kinds: [defineKind({ name: 'yubikey', judge: (row, token) => …, … })] })
 */
export function defineCustomKind<Row, Form>(definition: CustomKindDefinition<Row, Form>): CustomKind {
  const { migrations, model, panel, texts, setup: setUp, challenge, ...kind } = definition
  const { form, read, ...page } = setUp
  return {
    ...defineKind({
      ...kind,
      table: `${kind.name}_devices`,
      ...(challenge && { challenge: challengeOf(kind.name, kind.row, challenge) }),
    }),
    ...(challenge && { sendCode: challenge.send }),
    migrations,
    model,
    initModel: (sequelize) => initDevice(sequelize, `${kind.name}_devices`, model),
    panel,
    texts,
    setup: {
      ...page,
      fits: (fields) => form.safeParse(fields).success,
      async read(fields, row) {
        const parsed = form.safeParse(fields)
        return parsed.success ? read(parsed.data, row) : null
      },
    },
  }
}

function challengeOf<Row>(kind: string, row: z.ZodType<Row>, { target }: CodeDelivery<Row>): KindChallenge {
  return {
    target: (found) => target(row.parse(found)),
    enqueue: (services, transaction, found, challenge) =>
      enqueue(services, transaction, 'send-kind-code', { ...challenge, kind, to: target(row.parse(found)) }),
  }
}

/** How those of some kinds that deliver their codes themselves do so, for the worker. */
export function codeSenders(kinds: readonly CustomKind[]): Record<string, SendCode> {
  return Object.fromEntries(kinds.flatMap(({ name, sendCode }) => (sendCode ? [[name, sendCode]] : [])))
}

/** Those of some kinds that came from outside. */
export function filterCustomKinds(kinds: readonly Kind[]): CustomKind[] {
  return kinds.filter((kind): kind is CustomKind => 'setup' in kind)
}
