import { z } from 'zod'
import type { Translate } from '../i18n.js'
import { fitsOneSegment, inAlphabet } from './segments.js'
import { type SpokenMessage, type Voice, voices } from './gateways/sms-gateway.js'

interface Words {
  code: string
  site: string
}

/**
 * A code as a text message of one segment. The last line lets phones offer it for this site and
 * no other ("Origin-bound one-time codes delivered via SMS", WICG). If the name of the site is
 * too long, the text is a shorter one, then the name is cut; a host that is too long leaves the
 * last line out.
 */
export function codeForText(words: Words & { host: string; minutes: number }, t: Translate): string {
  const texts = textsFor(words, t)
  const bound = texts.map((text) => `${text}\n\n@${words.host} #${words.code}`)
  return [...bound, ...texts].find(fitsOneSegment) ?? words.code
}

/** From the longest to the shortest. */
function textsFor({ code, site, minutes }: Words & { minutes: number }, t: Translate): string[] {
  const plain = inAlphabet(site)
  const letters = Array.from(plain)
  const cut = letters.map((_letter, index) => `${letters.slice(0, letters.length - 1 - index).join('')}...`)
  const short = [site, plain, ...cut.slice(0, -1)].map((name) => t('phone:code_sms_short', { code, site: name }))
  return [...[site, plain].map((name) => t('phone:code_sms', { code, site: name, minutes })), ...short]
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
