import { z } from 'zod'
import type { Translate } from '../i18n.js'
import { type SpokenMessage, type Voice, voices } from './gateways/sms-gateway.js'

interface Words {
  code: string
  site: string
}

/**
 * A code as a text message. The last line lets phones offer it for this site and no other
 * ("Origin-bound one-time codes delivered via SMS", WICG).
 */
export function codeForText({ code, site, host, minutes }: Words & { host: string; minutes: number }, t: Translate) {
  return `${t('phone:code_sms', { code, site, minutes })}\n\n@${host} #${code}`
}

/** A code as a call says it: digit by digit, so that a leading zero is one like the others, and twice (F-55, F-56). */
export function codeForCall({ code, site }: Words, t: Translate): Pick<SpokenMessage, 'voice' | 'says'> {
  const digits = code.split('')
  const once = [t('phone:call.code_is'), ...digits]
  const says = [t('phone:call.greeting', { site }), ...once, t('phone:call.again'), ...digits, t('phone:call.goodbye')]
  return { voice: voiceOf(t), says }
}

/** A language's voice stands beside its texts, so that none is read out in another's. */
function voiceOf(t: Translate): Voice {
  return z.enum(voices).catch('en-US').parse(t('phone:call.voice'))
}
