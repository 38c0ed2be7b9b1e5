// @ts-check
import { browserKeyKind } from './browser-key/kind.js'
import { ntfyKind } from './ntfy/kind.js'
import { yubikeyKind } from './yubikey/kind.js'

const { YUBICO_CLIENT_ID, YUBICO_API_KEY, NTFY_SERVER } = process.env
const { YUBICO_SERVERS = 'https://api.yubico.com/wsapi/2.0/verify' } = process.env

// Without an account at Yubico's servers (or your own), only YubiKeys with a known AES key can be added.
const servers =
  YUBICO_CLIENT_ID && YUBICO_API_KEY
    ? { urls: YUBICO_SERVERS.split(' '), clientId: YUBICO_CLIENT_ID, apiKey: YUBICO_API_KEY }
    : null

/** For the application, and for the command line: `OTP_KINDS=./kinds.js npx otp-admin …`. */
export const kinds = [yubikeyKind(servers), browserKeyKind(), ...(NTFY_SERVER ? [ntfyKind(NTFY_SERVER)] : [])]
