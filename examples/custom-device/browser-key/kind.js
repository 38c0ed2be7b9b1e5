// @ts-check
import { createPublicKey, verify as verifySignature } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createDeviceTable, defineKind } from 'otp-admin-site/kinds'
import { DataTypes } from 'sequelize'
import { z } from 'zod'

/** A browser that has a private key which it cannot export. `browser.js` runs in it. */
export function browserKeyKind() {
  return defineKind({
    name: 'browserkey',
    strength: 'phishing_resistant', // it signs the origin
    isBoundToOrigin: true,
    unguessable: true, // a signature
    matchesFormat: (answer) => /^[\w-]{86}$/.test(answer),
    columns: 'd.public_key',
    row: z.object({ public_key: z.string() }),
    browser: {
      script: fileURLToPath(new URL('browser.js', import.meta.url)),
      columns: ['public_key'],
    },

    /** The site has checked that the challenge is this session's, and consumes it. */
    verify(row, answer, { challenge, relyingParty }) {
      const key = readKey(row.public_key)
      if (!key || !challenge || !relyingParty) return { accepted: false }
      const signed = Buffer.from(`${relyingParty.origin} ${challenge}`)
      const signature = Buffer.from(answer, 'base64url')
      const isValid = verifySignature('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
      return isValid ? { accepted: true, changes: {} } : { accepted: false }
    },

    migrations: [
      {
        name: '0001-initial',
        async up({ sequelize }, transaction) {
          await sequelize.query(createDeviceTable('browserkey', 'public_key varchar(200) not null'), { transaction })
        },
      },
    ],
    model: { public_key: { type: DataTypes.STRING(200), allowNull: false } },
    panel: { icon: 'Monitor', columns: [] },
    texts: {
      en: {
        name: 'Browser key',
        names: 'Browser keys',
        about: 'A key that this browser stores. You can only use it in this browser.',
        add: 'Add this browser',
        token: 'Use this browser',
        token_hint: 'Works only in a browser in which you set it up.',
        errors: { key_invalid: 'This browser did not create a key. Try another browser.' },
        view: { what: 'This browser creates a key and stores it. Clearing its data removes the key.' },
      },
    },

    setup: {
      view: fileURLToPath(new URL('fields.ejs', import.meta.url)),
      form: z.object({ public_key: z.string().max(200) }),
      echoedFields: [],
      read: ({ public_key: publicKey }) =>
        readKey(publicKey) ? { ok: true, columns: { public_key: publicKey } } : { ok: false, code: 'key_invalid' },
    },
  })
}

/**
 * Reads a public key for P-256.
 *
 * @param {string} text SubjectPublicKeyInfo in base64url
 */
function readKey(text) {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64url'), format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null
  } catch {
    return null // not a key
  }
}
