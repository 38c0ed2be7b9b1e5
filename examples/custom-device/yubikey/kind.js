// @ts-check
import { timingSafeEqual } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createDeviceTable, defineKind } from 'otp-admin-site/kinds'
import { DataTypes, QueryTypes } from 'sequelize'
import { z } from 'zod'
import { queryServers } from './query-servers.js'
import { matchesOtpFormat, decryptBlock, splitOtp } from './parse-otp.js'
import { texts } from './texts.js'

/** The `counter` of a key that has not been used yet. */
const NEVER = -1

const row = z.object({
  id: z.number(),
  public_id: z.string(),
  /** The sealed private ID and AES key. Null: only the validation servers have them. */
  secret: z.string().nullable(),
  counter: z.number(),
  /** Whether another confirmed device has this public ID. */
  taken: z.boolean(),
})

/** @typedef {z.infer<typeof row>} Row */
/** @typedef {import('./query-servers.js').ValidationServers} ValidationServers */

/**
 * Defines YubiKeys that type an OTP. If the AES key was entered, the site verifies the OTP.
 * YubiKeys with factory settings are verified by validation servers, if there are some.
 *
 * @param {ValidationServers | null} servers
 */
export function yubikeyKind(servers = null) {
  return defineKind({
    name: 'yubikey',
    // Only the key can encrypt these 128 bits, so wrong ones never lock the account.
    unguessable: true,
    matchesFormat: matchesOtpFormat,
    field: { maxLength: 64 },
    columns: `d.public_id, d.secret, d.counter, exists(
      select from yubikey_devices o where o.public_id = d.public_id and o.confirmed and o.id <> d.id) as taken`,
    row,
    verify: verifyLocally,

    /** Queries the servers before any row is locked. Their success still has to match the locked row. */
    async prepare({ public_id: publicId, secret }, token, _context, signal) {
      const otp = token.trim().toLowerCase()
      if (secret !== null || splitOtp(otp)?.publicId !== publicId) return null
      const result = servers ? await queryServers(servers, otp, signal) : null
      if (!result || result.status === 'unavailable') return { answered: false }
      return {
        answered: true,
        verify: (locked) => (result.status === 'OK' ? acceptCounter(locked, result) : { accepted: false }),
      }
    },

    migrations: [
      {
        name: '0001-initial',
        async up({ sequelize }, transaction) {
          const columns = 'public_id varchar(16) not null, secret text, counter integer not null, timestamp integer'
          await sequelize.query(createDeviceTable('yubikey', columns), { transaction })
          // A YubiKey belongs to one user. An unconfirmed setup does not keep the owner from adding theirs.
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
        const decrypted = decryptOwnBlock(typed.block, key)
        if (!decrypted) return { ok: false, code: 'otp_of_another_key' }
        const secret = core.keys.seal(key, { column: 'yubikey_devices.secret', id })
        // This OTP is consumed. The next one confirms the device.
        const { counter, timestamp } = decrypted
        return { ok: true, columns: { public_id: typed.publicId, secret, counter, timestamp } }
      },
    },
  })
}

/**
 * Verifies an OTP with the stored AES key.
 *
 * @param {Row} row
 * @param {string} token
 * @param {import('otp-admin-site/kinds').KindContext} context
 * @returns {import('otp-admin-site/kinds').KindOutcome}
 */
function verifyLocally(row, token, { keys }) {
  const typed = splitOtp(token)
  if (!typed || typed.publicId !== row.public_id || row.secret === null) return { accepted: false }
  const decrypted = decryptOwnBlock(
    typed.block,
    keys.open(row.secret, { column: 'yubikey_devices.secret', id: row.id }),
  )
  return decrypted ? acceptCounter(row, decrypted) : { accepted: false }
}

/**
 * Accepts an OTP once: its counter must be higher than the one in the locked row.
 *
 * @param {Row} row
 * @param {{ counter: number, timestamp: number }} decrypted
 * @returns {import('otp-admin-site/kinds').KindOutcome}
 */
function acceptCounter(row, { counter, timestamp }) {
  if (row.taken || counter <= row.counter) return { accepted: false }
  return { accepted: true, changes: { counter, timestamp } }
}

/**
 * Decrypts a block. Returns null if another key made it, or its private ID is different.
 *
 * @param {Buffer} block
 * @param {Uint8Array} key private ID (6 bytes) and AES key (16)
 */
function decryptOwnBlock(block, key) {
  const decrypted = decryptBlock(block, key.subarray(6))
  return decrypted && timingSafeEqual(decrypted.privateId, key.subarray(0, 6)) ? decrypted : null
}

/**
 * @param {{ private_id?: string | undefined, aes_key?: string | undefined }} form
 * @param {boolean} isOptional whether validation servers can verify a YubiKey without them
 * @returns {Buffer | null | 'invalid'} private ID and AES key, or null if none was entered
 */
function readKey({ private_id: privateId = '', aes_key: aesKey = '' }, isOptional) {
  const typed = `${privateId}${aesKey}`.replace(/\s/g, '')
  if (typed === '') return isOptional ? null : 'invalid'
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
