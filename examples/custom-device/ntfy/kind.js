// @ts-check
import { fileURLToPath } from 'node:url'
import { createDeviceTable, defineKind, deliveredCode } from 'otp-admin-site/kinds'
import { DataTypes } from 'sequelize'
import { z } from 'zod'

/** The topic that the app subscribes to. Anyone who knows it can read the codes, so it must be long and random. */
const TOPIC = /^[\w-]{16,64}$/

/**
 * A phone with the ntfy app: the site publishes a code to a topic, and the app shows it.
 *
 * @param {string} server for example `https://ntfy.example.com`
 */
export function ntfyKind(server) {
  return defineKind({
    name: 'ntfy',
    // Like a text message, a code can be intercepted.
    strength: 'restricted',
    rejection: 'message',
    matchesFormat: deliveredCode.matchesFormat,
    columns: `d.topic, ${deliveredCode.columns}`,
    row: z.object({ ...deliveredCode.row, topic: z.string() }),
    verify: (row, token, context) => deliveredCode.verify(row, token, context),
    challenge: {
      target: ({ topic }) => topic,
      send: (message) => publish(server, message),
    },

    migrations: [
      {
        name: '0001-initial',
        async up({ sequelize }, transaction) {
          const columns = `topic varchar(64) not null, ${deliveredCode.tableColumns}`
          await sequelize.query(createDeviceTable('ntfy', columns), { transaction })
        },
      },
    ],
    model: { topic: { type: DataTypes.STRING(64), allowNull: false } },
    panel: { icon: 'Bell', columns: [] },
    texts: {
      en: {
        name: 'ntfy app',
        names: 'ntfy apps',
        about: 'An app on your phone that shows a code the site sends to it.',
        add: 'Add an ntfy app',
        token: 'Code',
        token_hint: 'Enter the 6-digit code the app shows.',
        errors: { topic_invalid: 'A topic has 16 to 64 letters, digits, hyphens and underscores. Choose another one.' },
        view: { topic: 'Topic', topic_hint: 'Subscribe to a long random topic in the app, then enter it here.' },
      },
    },

    setup: {
      view: fileURLToPath(new URL('fields.ejs', import.meta.url)),
      form: z.object({ topic: z.string().max(64) }),
      echoedFields: [],
      read: ({ topic }) =>
        TOPIC.test(topic.trim())
          ? { ok: true, columns: { topic: topic.trim() } }
          : { ok: false, code: 'topic_invalid' },
    },
  })
}

/**
 * Publishes one code (https://docs.ntfy.sh/publish/).
 *
 * @param {string} server
 * @param {import('otp-admin-site/kinds').CodeMessage} message
 * @returns {Promise<import('otp-admin-site').DeliveryResult>}
 */
async function publish(server, { to, code, minutes, signal }) {
  const response = await fetch(new URL(to, server), {
    method: 'POST',
    headers: { Title: 'Sign-in code', Priority: 'high' },
    body: `${code} is your code. It works for ${minutes} minutes.`,
    redirect: 'error',
    signal,
  })
  if (response.ok) return { ok: true }
  return { ok: false, reason: 'gateway_refused', detail: `status ${response.status}` }
}
