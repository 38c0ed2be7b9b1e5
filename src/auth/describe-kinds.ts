import type { Request } from 'express'
import type { MissingToken } from './requirement.js'

/** Kinds of device as a person reads them, for example “Security key or Authenticator app”. */
export function describeKinds(req: Request, kinds: readonly string[]): string {
  const names = kinds.map((kind) => req.t(`pages:kinds.${kind}`))
  return new Intl.ListFormat(req.language, { type: 'disjunction' }).format(names)
}

/** What somebody would need whose devices cannot meet a requirement, and where it comes from: one sentence each. */
export function describeUnmet(req: Request, { kinds }: MissingToken, hasDevice: boolean): string[] {
  const needed = kinds ? [req.t('pages:unmet.needed', { kinds: describeKinds(req, kinds) })] : []
  return [...needed, req.t(hasDevice ? 'pages:unmet.add' : 'pages:unmet.ask')]
}
