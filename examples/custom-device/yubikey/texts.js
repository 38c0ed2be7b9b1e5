// @ts-check

/**
 * The texts of the pages. The YubiKey types the OTP and then Enter, so its field is the last one.
 *
 * @param {boolean} byServer whether validation servers can verify YubiKeys with factory settings
 * @returns {import('otp-admin-site/kinds').CustomKind['texts']}
 */
export const texts = (byServer) => ({
  en: {
    name: 'YubiKey',
    names: 'YubiKeys',
    about: 'A key that you plug in and touch. It types a one-time password, without a network or an app.',
    add: 'Add a YubiKey',
    token: 'Touch your YubiKey',
    token_hint: 'Click into the field and touch the key. It types 44 letters and sends the form.',
    columns: { public_id: 'Public ID' },
    errors: {
      otp_invalid: 'That is not a one-time password from a YubiKey. Click into the last field, then touch the key.',
      otp_of_another_key: 'The key you touched has a different AES key or private ID. Check both.',
      key_invalid: byServer
        ? 'The private ID has 12 hexadecimal digits and the AES key 32. Leave both empty for a key with factory settings.'
        : 'The private ID has 12 hexadecimal digits and the AES key 32.',
      key_taken: 'This YubiKey is already in use.',
    },
    view: {
      private_id: 'Private ID',
      aes_key: 'AES key',
      key_hint: byServer
        ? 'Both were shown when the key was programmed. Leave them empty for a key with factory settings, which Yubico’s servers can verify.'
        : 'Both were shown when the key was programmed, for example by ykman otp yubiotp.',
      otp: 'Now touch the key',
      otp_hint: 'Click into the field first.',
    },
  },
  de: {
    name: 'YubiKey',
    names: 'YubiKeys',
    about:
      'Ein Schlüssel, den Sie einstecken und berühren: Er tippt ein Einmalpasswort. Er braucht weder Netz noch App.',
    add: 'YubiKey hinzufügen',
    token: 'Berühren Sie Ihren YubiKey',
    token_hint:
      'Klicken Sie in das Feld und berühren Sie den Schlüssel. Er tippt 44 Buchstaben und schickt das Formular ab.',
    columns: { public_id: 'Öffentliche Kennung' },
    errors: {
      otp_invalid: 'Das tippt kein YubiKey. Klicken Sie in das letzte Feld und berühren Sie dann den Schlüssel.',
      otp_of_another_key: 'Der berührte Schlüssel hat einen anderen AES-Schlüssel oder eine andere private Kennung.',
      key_invalid: byServer
        ? 'Private Kennung und AES-Schlüssel haben 12 und 32 hexadezimale Ziffern. Lassen Sie beide leer, wenn der Schlüssel ist, wie er verkauft wurde.'
        : 'Private Kennung und AES-Schlüssel haben 12 und 32 hexadezimale Ziffern.',
      key_taken: 'Dieser YubiKey ist schon in Gebrauch.',
    },
    view: {
      private_id: 'Private Kennung',
      aes_key: 'AES-Schlüssel',
      key_hint: byServer
        ? 'Beides wurde beim Programmieren gezeigt. Lassen Sie es leer, wenn der Schlüssel ist, wie er verkauft wurde: Yubicos Server kennen ihn.'
        : 'Beides wurde beim Programmieren gezeigt, zum Beispiel von ykman otp yubiotp.',
      otp: 'Berühren Sie jetzt den Schlüssel',
      otp_hint: 'Klicken Sie zuerst in das Feld.',
    },
  },
})
