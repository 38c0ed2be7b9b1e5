import type { Kind } from './kind.js'
import { staticKind } from './static.js'
import { totp } from './totp.js'

/** Every kind there is. The order is that of preference: the first confirmed device is the default. */
export const builtInKinds: readonly Kind[] = [totp, staticKind]
