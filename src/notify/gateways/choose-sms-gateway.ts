import path from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../../config/read-config.js'
import { createSmsFileGateway } from './sms-file.js'
import type { SmsGateway } from './sms-gateway.js'
import { createTwilioGateway } from './twilio.js'

type SmsConfig = Pick<
  Config,
  | 'smsGateway'
  | 'folder'
  | 'twilioAccountSid'
  | 'twilioAuthToken'
  | 'twilioCallerId'
  | 'twilioMessagingServiceSid'
  | 'twilioBaseUrl'
>

/** Creates the gateway of `SMS_GATEWAY`. @returns null if there is none, so that there are no phone devices */
export function chooseSmsGateway(config: SmsConfig, log: Logger): SmsGateway | null {
  if (config.smsGateway === 'file') return createSmsFileGateway(path.join(config.folder, 'sms'), log)
  const { twilioAccountSid: accountSid, twilioAuthToken: authToken } = config
  if (config.smsGateway !== 'twilio' || !accountSid || !authToken) return null
  return createTwilioGateway({
    accountSid,
    authToken,
    callerId: config.twilioCallerId ?? null,
    messagingServiceSid: config.twilioMessagingServiceSid ?? null,
    baseUrl: config.twilioBaseUrl ?? null,
  })
}

/** Whether calls can be made. Twilio requires a number to call from, which a messaging service does not provide. */
export function canCall(config: Pick<SmsConfig, 'smsGateway' | 'twilioCallerId'>): boolean {
  if (config.smsGateway === 'given') return true
  return config.smsGateway === 'file' || (config.smsGateway === 'twilio' && config.twilioCallerId !== undefined)
}
