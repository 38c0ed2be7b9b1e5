import { z } from 'zod'
import type { Translate } from '../i18n/translator.js'
import { fitsOneSegment, inAlphabet } from './segments.js'
import { type VoiceMessage, type Voice, voices } from './gateways/sms-gateway.js'

interface CodeText {
  code: string
  site: string
}

/**
 * Renders a code as a text message of one segment. The last line lets phones fill the code in
 * on this site only ("Origin-bound one-time codes delivered via SMS", WICG). If the name of the
 * site is too long, a shorter text is used, then the name is cut. If the host is too long, the
 * last line is left out.
 */
export function renderTextCode(values: CodeText & { host: string; minutes: number }, t: Translate): string {
  const texts = textsFor(values, t)
  const bound = texts.map((text) => `${text}\n\n@${values.host} #${values.code}`)
  return [...bound, ...texts].find(fitsOneSegment) ?? values.code
}

/** Returns the possible texts, from the longest to the shortest. */
function textsFor({ code, site, minutes }: CodeText & { minutes: number }, t: Translate): string[] {
  const plain = inAlphabet(site)
  const letters = Array.from(plain)
  const cut = letters.map((_letter, index) => `${letters.slice(0, letters.length - 1 - index).join('')}...`)
  const short = [site, plain, ...cut.slice(0, -1)].map((name) => t('phone:code_sms_short', { code, site: name }))
  return [...[site, plain].map((name) => t('phone:code_sms', { code, site: name, minutes })), ...short]
}

/** Renders a code as speech: digit by digit, so that leading zeros are spoken, and twice. */
export function renderVoiceCode({ code, site }: CodeText, t: Translate): Pick<VoiceMessage, 'voice' | 'phrases'> {
  const digits = code.split('')
  const once = [t('phone:call.code_is'), ...digits]
  const phrases = [
    t('phone:call.greeting', { site }),
    ...once,
    t('phone:call.again'),
    ...digits,
    t('phone:call.goodbye'),
  ]
  return { voice: voiceOf(t), phrases }
}

/** Reads the voice from the language's texts, so that each language is spoken with its own voice. */
function voiceOf(t: Translate): Voice {
  return z.enum(voices).catch('en-US').parse(t('phone:call.voice'))
}
