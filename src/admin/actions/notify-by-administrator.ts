import type { Transaction } from 'sequelize'
import type { Notice } from '../../notify/mails.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { PanelServices } from '../panel-services.js'

type ByAdministrator<Each> = Each extends { by: string } ? Omit<Each, 'by' | 'at' | 'address' | 'browser'> : never

/** Emails a user what an administrator did, without the administrator's IP address and browser. */
export async function notifyByAdministrator(
  services: PanelServices,
  transaction: Transaction,
  userId: number,
  notice: ByAdministrator<Notice>,
): Promise<void> {
  const from = { by: 'administrator', at: services.clock.now(), address: null, browser: null } as const
  await notifyUser(services.otp, transaction, userId, { ...notice, ...from })
}
