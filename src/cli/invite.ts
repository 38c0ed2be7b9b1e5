import { z } from 'zod'
import { createInvitation } from '../auth/links/create-invitation.js'
import { noClient } from '../audit/record-event.js'
import type { Config } from '../config/read-config.js'
import { SiteError } from '../errors.js'
import { findUserOrFail } from './find-users.js'
import { parseArguments } from './read-arguments.js'
import { warnObstacles } from './warn-obstacles.js'
import { withOtp } from './with-otp.js'

const optionsSchema = z.object({ user: z.string() })

/** Creates an enrolment link, and prints only the link. */
export async function invite(options: unknown): Promise<void> {
  const { user: email } = parseArguments(optionsSchema, options)
  const link = await withOtp(async (otp, config) => {
    const baseUrl = requireBaseUrl(config)
    return await otp.database.sequelize.transaction(async (transaction) => {
      const user = await findUserOrFail(otp, email, transaction)
      if (!user.is_active) throw inactive(user.email)
      await warnObstacles(otp, config, transaction, user, 'invite')
      const invitation = { userId: user.id, actorId: null, client: noClient }
      return (await createInvitation(otp, transaction, invitation, baseUrl)).link
    })
  })
  console.log(link)
}

/** Returns the public URL. @throws SiteError `no_base_url` if it is unknown because `PORT` is 0 */
export function requireBaseUrl({ baseUrl }: Config): string {
  if (baseUrl) return baseUrl
  throw new SiteError(
    'no_base_url',
    'With PORT=0, only the running server knows its URL, and the link needs it.',
    'Set BASE_URL, or set PORT to the port the server printed.',
  )
}

function inactive(email: string): SiteError {
  return new SiteError(
    'user_inactive',
    `${email} is deactivated, so the link would not work.`,
    'Reactivate the user first.',
  )
}
