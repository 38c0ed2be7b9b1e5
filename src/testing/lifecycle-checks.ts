import assert from 'node:assert/strict'
import { noClient } from '../client-info.js'
import { devicesForUser, userHasDevice } from '../otp/devices/devices-for-user.js'
import { matchToken } from '../otp/tokens/match-token.js'
import { removeAllDevices } from '../otp/devices/remove-all-devices.js'
import { confirmDevice } from '../otp/tokens/verify-token.js'
import { expectAccepted, expectProperties, expectRejected } from './expect.js'
import type { StagedCheck } from './harness.js'

/** Checks a device from its setup to its removal. */
export const lifecycleChecks: readonly StagedCheck[] = [
  [
    'verifies nobody while it is unconfirmed',
    async ({ submit, good, change, otp, userId }) => {
      await change('confirmed = false, confirmed_at = null')
      const submission = await good()
      expectRejected(await submit(submission))
      expectRejected(
        await matchToken(otp, { userId, token: typeof submission === 'string' ? submission : submission.token }),
      )
    },
  ],
  [
    'is confirmed by its first token, which is consumed',
    async ({ submit, good, change, otp, userId, device }) => {
      await change('confirmed = false, confirmed_at = null')
      const submission = await good()
      const answer = typeof submission === 'string' ? { token: submission } : submission
      expectAccepted(await confirmDevice(otp, { userId, deviceId: device.persistentId, ...answer }))
      assert.equal((await devicesForUser(otp, userId)).length, 1)
      expectRejected(await submit(submission))
    },
  ],
  [
    'is still a second factor while it is disabled, verifies nobody, and is not confirmed again by its own token',
    async ({ submit, good, change, row, otp, userId, device }) => {
      await change('confirmed = false')
      assert.equal(await userHasDevice(otp, userId), true)
      const submission = await good()
      const answer = typeof submission === 'string' ? { token: submission } : submission
      expectRejected(await confirmDevice(otp, { userId, deviceId: device.persistentId, ...answer }))
      expectRejected(await submit(submission))
      expectProperties(await row(), { confirmed: false })
    },
  ],
  [
    'is removed with all other devices of its owner',
    async ({ otp, userId, submit, good }) => {
      const submission = await good()
      const actor = { userId, client: noClient, by: 'command_line', actorId: null } as const
      const removed = await otp.database.sequelize.transaction((transaction) =>
        removeAllDevices(otp, transaction, actor),
      )
      assert.equal(removed, 1)
      expectRejected(await submit(submission))
    },
  ],
  [
    'is deleted together with its owner’s row',
    async ({ otp, userId, row }) => {
      await otp.database.models.User.destroy({ where: { id: userId } })
      assert.deepEqual(await row(), {})
    },
  ],
]
