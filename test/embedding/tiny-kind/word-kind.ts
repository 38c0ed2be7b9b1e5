import { fileURLToPath } from 'node:url'
import { DataTypes } from 'sequelize'
import { z } from 'zod'
import { type CustomKind, createDeviceTable, defineKind } from '../../../src/index.js'

/** Returns a token of a device, its word and a number: `open sesame 1`, `open sesame 2`, … */
export const tokenOf = (word: string, count: number) => `${word} ${count}`

/** The smallest possible kind: a secret word, and a number that increases. */
export function wordKind(name = 'word'): CustomKind {
  const column = `${name}_devices.secret`
  return defineKind({
    name,
    matchesFormat: (token) => /^[a-z ]+ \d+$/.test(token),
    columns: 'd.secret, d.counter',
    field: { maxLength: 64 },
    row: z.object({ id: z.number(), secret: z.string(), counter: z.number() }),
    verify({ id, secret, counter }, token, { keys }) {
      const word = keys.open(secret, { column, id }).toString()
      const count = Number(token.split(' ').at(-1))
      const accepted = token === tokenOf(word, count) && count > counter
      return accepted ? { accepted, changes: { counter: count } } : { accepted }
    },
    migrations: [
      {
        name: '0001-initial',
        async up({ sequelize }, transaction) {
          const columns = 'secret text not null, hint varchar(32), counter integer not null default 0'
          await sequelize.query(createDeviceTable(name, columns), { transaction })
        },
      },
    ],
    model: {
      secret: { type: DataTypes.TEXT, allowNull: false },
      hint: { type: DataTypes.STRING(32) },
      counter: { type: DataTypes.INTEGER, allowNull: false },
    },
    panel: { icon: 'Edit3', columns: ['hint'] },
    setup: {
      view: fileURLToPath(new URL('fields.ejs', import.meta.url)),
      form: z.object({ word: z.string().max(32), hint: z.string().max(32).optional() }),
      echoedFields: ['hint'],
      read({ word, hint = '' }, { id, otp }) {
        if (!/^[a-z ]{4,}$/.test(word)) return { ok: false, code: 'word_too_short' }
        const secret = otp.keys.seal(Buffer.from(word), { column, id })
        return { ok: true, columns: { secret, hint } }
      },
    },
    texts: {
      en: {
        name: 'Magic word',
        names: 'Magic words',
        about: 'A word that only you know, and a number.',
        add: 'Add a magic word',
        token: 'Word and number',
        token_hint: 'The number goes up each time.',
        columns: { hint: 'Hint' },
        errors: { word_too_short: 'At least four small letters, please.' },
        view: { word: 'Your word', hint: 'A hint' },
      },
      de: {
        name: 'Zauberwort',
        names: 'Zauberwörter',
        about: 'Ein Wort, das nur Sie kennen, und eine Zahl.',
        add: 'Zauberwort hinzufügen',
        token: 'Wort und Zahl',
        token_hint: 'Die Zahl steigt jedes Mal.',
      },
    },
  })
}
