import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { recordAuditEvent } from '../../audit/record-event.js'
import { isUniqueViolation } from '../../db/is-unique-violation.js'
import type { User } from '../../db/models/user.js'
import { languages } from '../../i18n/translator.js'
import { readEmail } from '../../typed-text/read-email.js'
import { nameField } from '../form-fields.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import type { RecoveryResult } from './account-recovery.js'
import { notAllowed, type RejectedAction } from './action-result.js'
import { deliverInvitation, invitationFields, takeInvitation } from './invite-user.js'
import { lockUsers, recheckPermission } from './lock-users.js'

const noLanguage = z.literal('').transform(() => null)

/** The form for a new user. They choose their own password, through the link of their invitation. */
export const newUserFields = invitationFields.extend({
  email: z.string().transform((typed, { addIssue }) => readEmail(typed) ?? invalid(addIssue)),
  name: nameField(150, 0).default(''),
  /** Language of their pages and emails; null: that of their browser. */
  locale: z.union([z.enum(languages), z.null(), noLanguage]).default(null),
  is_staff: z.boolean().default(false),
  is_superuser: z.boolean().default(false),
})

const invalid = (addIssue: (issue: { code: 'custom' }) => void) => {
  addIssue({ code: 'custom' })
  return z.NEVER
}

export type NewUser = z.output<typeof newUserFields>

/** What the administrator gets to see: the user's ID, and the link if they deliver it themselves. */
export type AddedUser = RecoveryResult & { userId: number }

/**
 * Creates a user without a password and invites them, in one transaction with the audit events.
 *
 * @returns a rejection, with nothing changed, if the email address is taken, the actor may not add
 *   users or make a superuser, or has sent too many invitations
 */
export async function addUser(
  services: PanelServices,
  actor: PanelUser,
  { deliver, ...input }: NewUser,
): Promise<{ ok: true; given: AddedUser } | RejectedAction> {
  try {
    return await services.database.sequelize.transaction(async (transaction) => {
      const locked = await lockUsers(services, transaction, actor, [])
      const why = recheckPermission(locked, 'add', 'users')
      if (why) return notAllowed(why)
      if (input.is_superuser && !locked.actor?.isSuperuser) return notAllowed('superuser_flag')
      const limit = deliver === 'mail' ? await takeInvitation(services, transaction, actor, input.email) : null
      if (limit) return limit
      const { id: userId } = await createUser(services, actor, transaction, input)
      const delivered = await deliverInvitation(services, actor, transaction, { userId, deliver })
      return { ok: true, given: { userId, ...delivered } }
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users')) return emailTaken
    throw error
  }
}

const emailTaken: RejectedAction = { ok: false, code: 'bad_request', fields: { email: 'field_email_taken' } }

async function createUser(
  { database, clock }: PanelServices,
  actor: PanelUser,
  transaction: Transaction,
  { is_staff, is_superuser, ...input }: Omit<NewUser, 'deliver'>,
): Promise<User> {
  const at = clock.now()
  const levels = { is_staff: is_staff || is_superuser, is_superuser }
  const user = await database.models.User.create({ ...input, ...levels, created_at: at }, { transaction })
  const event = { event: 'user_created', at, userId: user.id, actorId: actor.id, client: actor.client } as const
  await recordAuditEvent(database, transaction, { ...event, details: levels })
  return user
}
