import { describe, expect, it } from 'vitest'
import { languages, translatorFor } from '../../src/i18n/translator.js'
import { renderMail } from '../../src/notify/render-mail.js'
import { renderVoiceCode, renderTextCode } from '../../src/notify/render-phone-code.js'
import { backupTokenEmail } from '../support/notify.js'

const greetings = {
  en: 'Hello Ada Lovelace,',
  de: 'Guten Tag Ada Lovelace,',
  es: 'Hola, Ada Lovelace:',
  fr: 'Bonjour Ada Lovelace,',
  ja: 'Ada Lovelace 様',
  nl: 'Hallo Ada Lovelace,',
  pl: 'Dzień dobry, Ada Lovelace,',
  'pt-BR': 'Olá, Ada Lovelace,',
  'zh-CN': 'Ada Lovelace，您好：',
} as const

describe.each(languages)('in %s', (language) => {
  const t = translatorFor(language)

  it('an email contains the greeting, the facts and the link, as text and as HTML', () => {
    const { subject, text, html } = renderMail({ ...backupTokenEmail, language, left: 2 }, 'Night Desk', t)
    expect(subject).toMatch(/^Night Desk\s?[:：]/)
    for (const body of [text, html])
      for (const fact of [greetings[language], '2026-03-01 23:59 UTC', '192.0.2.7', backupTokenEmail.link])
        expect(body).toContain(fact)
    expect(html).toContain(`<html lang="${language}">`)
    // Mail servers do not accept longer lines (RFC 5322 §2.1.1).
    for (const line of text.split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(998)
  })

  it('a text message fits into three segments, or two in the GSM alphabet', () => {
    const message = renderTextCode({ code: '012345', site: 'Night Desk', host: 'admin.example.com', minutes: 5 }, t)
    expect(message).toContain('012345')
    expect(message.endsWith('\n\n@admin.example.com #012345')).toBe(true)
    // A segment of several has 67 characters in UCS-2 and 153 in the GSM alphabet (3GPP TS 23.038).
    expect(message.length).toBeLessThanOrEqual(
      Array.from(message).some((character) => character > '\u00ff') ? 3 * 67 : 2 * 153,
    )
  })

  it('a call speaks every digit twice, the leading zero included', () => {
    const { phrases, voice } = renderVoiceCode({ code: '012345', site: 'Night Desk' }, t)
    expect(phrases.filter((phrase) => /^\d$/.test(phrase)).join('')).toBe('012345012345')
    expect(phrases[0]).toContain('Night Desk')
    expect(voice.slice(0, 2)).toBe(language.slice(0, 2))
  })
})
