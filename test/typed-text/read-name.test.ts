import { describe, expect, it } from 'vitest'
import { nameField } from '../../src/admin/form-fields.js'
import { parseDeviceName } from '../../src/account/devices/device-name.js'
import { parseHostUser } from '../../src/auth/host-users/users-adapter.js'
import { translatorFor } from '../../src/i18n/translator.js'
import { mailSchema } from '../../src/notify/mails.js'
import { renderMail } from '../../src/notify/render-mail.js'
import { cleanName, isName, isolate, withoutLinks } from '../../src/typed-text/read-name.js'
import { backupTokenEmail } from '../support/notify.js'

const CONTROLS = ['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069']
const OTHERS = ['\u0000', '\u0007', '\u2028', '\u2029', '\ud800']

describe('a name', () => {
  it.each([...CONTROLS, ...OTHERS])('with %j is rejected on pages and in the panel', (bad) => {
    const typed = `Ann${bad}ecila`
    expect(isName(typed)).toBe(false)
    expect(nameField(64).safeParse(typed).success).toBe(false)
    expect(isName(cleanName(typed))).toBe(true)
    expect(isName(parseDeviceName(typed) ?? '')).toBe(true)
  })

  it.each([...CONTROLS, '\u2028', '\u2029', '\ud800'])(
    'with %j is cleaned if it comes from a host application',
    (bad) => {
      const user = parseHostUser({ id: 1, email: 'a@example.com', name: `Ann${bad}ecila`, isStaff: false })
      expect(isName(user.name)).toBe(true)
    },
  )

  it.each(['\u200b', '\u2060\ufeff', '\u3164'])('of only invisible characters (%j) is rejected', (typed) => {
    expect(nameField(64).safeParse(typed).success).toBe(false)
    expect(parseDeviceName(typed)).toBeNull()
  })

  it.each(['Zoë', '山田 太郎', 'علی\u200cرضا', 'דנה', 'Anna 👩‍💻', 'J. R. Smith', 'O’Hara'])(
    'such as %s is accepted',
    (good) => {
      expect(nameField(64).parse(good)).toBe(good)
      expect(parseDeviceName(good)).toBe(good.normalize('NFC'))
    },
  )

  it('does not change the direction of the text around it', () => {
    expect(isolate('דנה')).toBe('\u2068דנה\u2069')
    expect(isolate('Ann\u202eecila')).toBe('\u2068Annecila\u2069')
    expect(isolate('Ada')).toBe('Ada')
    const { text, html } = renderMail(
      mailSchema.parse({ ...backupTokenEmail, name: 'דנה' }),
      'Night Desk',
      translatorFor('en'),
    )
    expect(text).toContain('Hello \u2068דנה\u2069,')
    expect(html).toContain('Hello <bdi>דנה</bdi>,')
  })

  it.each([
    'https://evil.example/now',
    'www.evil.example',
    'Call evil.example',
    'evil.example/now',
    'https://ada@evil.example',
  ])('such as %s is not a link in emails', (name) => {
    const { text, html } = renderMail(
      mailSchema.parse({ ...backupTokenEmail, name }),
      'Night Desk',
      translatorFor('en'),
    )
    for (const part of [text, html]) expect(part).not.toMatch(/:\/\/evil|www\.evil|evil\.example/)
    expect(withoutLinks(name).replaceAll('\u2060', '')).toBe(name)
  })

  it.each(['2001:db8::1', 'fe80::a:b', '192.0.2.7', 'ada@example.com', 'Dr. No', '12:30'])(
    'such as %s is unchanged in emails',
    (name) => {
      expect(withoutLinks(name)).toBe(name)
      expect(withoutLinks(withoutLinks('https://evil.example'))).toBe(withoutLinks('https://evil.example'))
    },
  )

  it('with markup or a line break adds nothing to an email', () => {
    const name = '<b>Ada</b>\r\nBcc: eve@example.com'
    const { text, html } = renderMail(
      mailSchema.parse({ ...backupTokenEmail, name }),
      'Night Desk',
      translatorFor('en'),
    )
    expect(html).not.toContain('<b>Ada')
    expect(text).not.toMatch(/^Bcc:/m)
  })
})
