import type { Translate } from '../i18n.js'
import { renderHtml, renderText } from '../templates.js'
import type { Mail } from './mails.js'

export interface RenderedMail {
  subject: string
  text: string
  html: string
}

/** Puts a mail into words, as text and as HTML with the same texts. */
export function renderMail(mail: Mail, site: string, t: Translate): RenderedMail {
  const subject = t(`mails:${mail.mail}.subject`, { site })
  const greeting = mail.name ? t('mails:layout.greeting_named', { name: mail.name }) : t('mails:layout.greeting')
  const data = { ...mail, t, utc, site, subject, greeting, template: mail.mail }
  return { subject, text: wrap(renderText('mail/layout.text', data)), html: renderHtml('mail/layout', data) }
}

/** `YYYY-MM-DD HH:MM UTC` (CONTRACT.md §3, The alert mail). */
function utc(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Lines of at most 72 characters (RFC 5322 §2.1.1), so that links travel in one piece. A longer word stays whole. */
function wrap(text: string): string {
  return text.replace(/(?!.{1,72}$)(.{1,72}) /gm, '$1\n')
}
