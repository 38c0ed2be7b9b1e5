// @ts-check
import { timingSafeEqual } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createDeviceTable, defineKind } from 'otp-admin-site/kinds'
import { DataTypes, QueryTypes } from 'sequelize'
import { z } from 'zod'
import { askServers } from './query-servers.js'
import { couldBeOtp, decryptBlock, splitOtp } from './parse-otp.js'
import { texts } from './texts.js'

/** `counter` of a key that has not spoken yet. */
const NEVER = -1

const row = z.object({
  id: z.number(),
  public_id: z.string(),
  /** Private id and AES key, sealed; null: the servers know them. */
  secret: z.string().nullable(),
  counter: z.number(),
  /** Somebody else has confirmed a device with this public id. */
  taken: z.boolean(),
})

/** @typedef {z.infer<typeof row>} Row */
/** @typedef {import('./query-servers.js').ValidationServers} ValidationServers */

/**
 * YubiKeys that type an OTP. One whose AES key is known here is judged here; one as it was
 * sold is judged by validation servers, where there are some.
 *
 * @param {ValidationServers | null} servers
 */
export function yubikeyKind(servers = null) {
  return defineKind({
    name: 'yubikey',
    // 128 bits that only the key can encrypt: wrong ones never lock the account.
    unguessable: true,
    matchesFormat: couldBeOtp,
    field: { maxLength: 64 },
    columns: `d.public_id, d.secret, d.counter, exists(
      select from yubikey_devices o where o.public_id = d.public_id and o.confirmed and o.id <> d.id) as taken`,
    row,
    verify: judgeHere,

    /** Nothing is locked yet: the servers may take their time. Their yes counts only if the locked row agrees. */
    async prepare({ public_id: publicId, secret }, token, _world, signal) {
      const otp = token.trim().toLowerCase()
      if (secret !== null || splitOtp(otp)?.publicId !== publicId) return null
      const answer = servers ? await askServers(servers, otp, signal) : null
      if (!answer || answer.status === 'unanswered') return { answered: false }
      return {
        answered: true,
        verify: (locked) => (answer.status === 'OK' ? moveOn(locked, answer) : { accepted: false }),
      }
    },

    migrations: [
      {
        name: '0001-initial',
        async up({ sequelize }, transaction) {
          const own = 'public_id varchar(16) not null, secret text, counter integer not null, timestamp integer'
          await sequelize.query(createDeviceTable('yubikey', own), { transaction })
          // One key is one person's. What is not confirmed keeps nobody from his own key.
          const unique = 'create unique index yubikey_devices_public_id on yubikey_devices (public_id) where confirmed'
          await sequelize.query(unique, { transaction })
        },
      },
    ],
    model: {
      public_id: { type: DataTypes.STRING(16), allowNull: false },
      secret: { type: DataTypes.TEXT },
      counter: { type: DataTypes.INTEGER, allowNull: false },
      timestamp: { type: DataTypes.INTEGER },
    },
    panel: { icon: 'Key', columns: ['public_id'] },
    texts: texts(servers !== null),

    setup: {
      view: fileURLToPath(new URL('fields.ejs', import.meta.url)),
      form: z.object({
        private_id: z.string().max(32).optional(),
        aes_key: z.string().max(64).optional(),
        otp: z.string().max(64).optional(),
      }),
      echoedFields: [],
      async read(form, { id, otp: core }) {
        const typed = splitOtp(form.otp ?? '')
        if (!typed) return { ok: false, code: 'otp_invalid' }
        if (await isTaken(core, typed.publicId)) return { ok: false, code: 'key_taken' }
        const key = readKey(form, servers !== null)
        if (key === 'invalid') return { ok: false, code: 'key_invalid' }
        if (key === null)
          return { ok: true, columns: { public_id: typed.publicId, secret: null, counter: NEVER, timestamp: null } }
        const said = listen(typed.block, key)
        if (!said) return { ok: false, code: 'otp_of_another_key' }
        const secret = core.keys.seal(key, { column: 'yubikey_devices.secret', id })
        // This OTP is spent: the next one confirms.
        const { counter, timestamp } = said
        return { ok: true, columns: { public_id: typed.publicId, secret, counter, timestamp } }
      },
    },
  })
}

/**
 * With the AES key that is known here.
 *
 * @param {Row} row
 * @param {string} token
 * @param {import('otp-admin-site/kinds').KindContext} world
 * @returns {import('otp-admin-site/kinds').KindOutcome}
 */
function judgeHere(row, token, { keys }) {
  const typed = splitOtp(token)
  if (!typed || typed.publicId !== row.public_id || row.secret === null) return { accepted: false }
  const said = listen(typed.block, keys.open(row.secret, { column: 'yubikey_devices.secret', id: row.id }))
  return said ? moveOn(row, said) : { accepted: false }
}

/**
 * An OTP is good once: the key's counter must have gone up since the last one, in the row as it
 * stands locked.
 *
 * @param {Row} row
 * @param {{ counter: number, timestamp: number }} said
 * @returns {import('otp-admin-site/kinds').KindOutcome}
 */
function moveOn(row, { counter, timestamp }) {
  if (row.taken || counter <= row.counter) return { accepted: false }
  return { accepted: true, changes: { counter, timestamp } }
}

/**
 * What a block says, where it was made with this key and names this private id.
 *
 * @param {Buffer} block
 * @param {Uint8Array} key private id (6 bytes) and AES key (16)
 */
function listen(block, key) {
  const said = decryptBlock(block, key.subarray(6))
  return said && timingSafeEqual(said.privateId, key.subarray(0, 6)) ? said : null
}

/**
 * @param {{ private_id?: string | undefined, aes_key?: string | undefined }} form
 * @param {boolean} mayLack whether servers know keys that are not typed here
 * @returns {Buffer | null | 'invalid'} private id and AES key; null: none typed
 */
function readKey({ private_id: privateId = '', aes_key: aesKey = '' }, mayLack) {
  const typed = `${privateId}${aesKey}`.replace(/\s/g, '')
  if (typed === '') return mayLack ? null : 'invalid'
  return /^[0-9a-f]{44}$/i.test(typed) ? Buffer.from(typed, 'hex') : 'invalid'
}

/**
 * @param {import('otp-admin-site').Otp} otp
 * @param {string} publicId
 */
async function isTaken({ database }, publicId) {
  const sql = 'select from yubikey_devices where public_id = $publicId and confirmed'
  return (await database.sequelize.query(sql, { bind: { publicId }, type: QueryTypes.SELECT })).length > 0
}
