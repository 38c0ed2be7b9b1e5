import type { Request } from 'express'
import type { MissingToken } from './policy/requirement.js'

/** Formats kinds of device as a list, for example “Security key or Authenticator app”. */
export function describeKinds(req: Request, kinds: readonly string[]): string {
  const names = kinds.map((kind) => req.t(`pages:kinds.${kind}`))
  return new Intl.ListFormat(req.language, { type: 'disjunction' }).format(names)
}

/** Lists what a user needs whose devices cannot meet a requirement, and how to get it: one sentence each. */
export function describeUnmet(req: Request, { kinds }: MissingToken, hasDevice: boolean): string[] {
  const needed = kinds ? [req.t('pages:unmet.needed', { kinds: describeKinds(req, kinds) })] : []
  return [...needed, req.t(hasDevice ? 'pages:unmet.add' : 'pages:unmet.ask')]
}
