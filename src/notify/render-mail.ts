import type { Translate } from '../i18n/translator.js'
import { renderHtml, renderText } from '../templates.js'
import type { Mail } from './mails.js'
import { isolate, withoutPath } from '../typed-text/read-name.js'
import { nameBrowser } from '../client-info.js'

export interface RenderedMail {
  subject: string
  text: string
  html: string
}

/** Renders an email as plain text and as HTML. */
export function renderMail(mail: Mail, site: string, t: Translate): RenderedMail {
  const greeting = mail.name ? t('mails:layout.greeting_named', { name: mail.name }) : t('mails:layout.greeting')
  const by = actorOf(mail)
  const subject = t(`mails:${mail.mail}.subject`, { site, context: by })
  const happened = t(`mails:${mail.mail}.happened`, { site, context: by })
  const texts = { t, utc, site, subject, greeting, happened, own: by === 'owner', facts: listFacts(mail, site, t) }
  const data = { ...mail, ...texts, template: VIEWS[mail.mail] ?? 'notice' }
  return { subject, text: wrap(renderText('mail/layout.text', data)), html: renderHtml('mail/layout', data) }
}

/** Returns who did what an email is about. */
function actorOf(mail: Mail): 'owner' | 'administrator' | 'failures' {
  if (mail.mail === 'notices-paused') return mail.own ? 'owner' : 'administrator'
  return 'by' in mail ? mail.by : 'owner'
}

interface Fact {
  label: string
  value: string | number
}

/** Lists the facts that a notice shows in addition to its sentences, in reading order. */
function listFacts(mail: Mail, site: string, t: Translate): Fact[] {
  if (!('at' in mail)) return []
  const own = actorOf(mail) === 'owner'
  const unknown = t('mails:unknown')
  return [
    { label: t('mails:notice.when'), value: utc(mail.at) },
    ...(own
      ? [
          { label: t('mails:notice.address'), value: isolate(mail.address ?? unknown) },
          {
            label: t('mails:notice.browser'),
            value: nameBrowser(isolate(mail.browser ?? unknown), t('mails:unknown_browser')),
          },
        ]
      : []),
    ...('device' in mail
      ? [{ label: t('mails:notice.device'), value: `${isolate(mail.device)} (${t(`pages:kinds.${mail.kind}`)})` }]
      : []),
    ...('newEmail' in mail ? [{ label: t('mails:notice.new_email'), value: isolate(withoutPath(mail.newEmail)) }] : []),
    ...('until' in mail ? [{ label: t('mails:notice.until'), value: utc(mail.until) }] : []),
    ...(mail.mail === 'notices-paused'
      ? [
          {
            label: t('mails:notice.paused'),
            value: t(`mails:${mail.about}.subject`, { site, context: actorOf(mail) }),
          },
          { label: t('mails:notice.paused_until'), value: utc(mail.pausedUntil) },
        ]
      : []),
    ...('left' in mail ? [{ label: t('mails:notice.left'), value: mail.left }] : []),
  ]
}

/** Views of emails that are not plain notices. */
const VIEWS: Partial<Record<Mail['mail'], string>> = {
  'backup-token-used': 'backup-token-used',
  'email-confirmation': 'one-time-link',
  invitation: 'one-time-link',
  'last-backup-token-used': 'backup-token-used',
  'password-reset': 'one-time-link',
  'sign-in-code': 'sign-in-code',
}

/** Formats a time as `YYYY-MM-DD HH:MM UTC`. */
function utc(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Wraps lines at 72 characters (below the limit of RFC 5322 §2.1.1). A longer word, such as a link, is not broken. */
function wrap(text: string): string {
  return text.replace(/(?!.{1,72}$)(.{1,72}) /gm, '$1\n')
}
