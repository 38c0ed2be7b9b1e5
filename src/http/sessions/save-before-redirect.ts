import type { RequestHandler } from 'express'

/**
 * Saves a changed session before the response redirects. express-session sends the headers
 * first and saves afterwards, and browsers follow a redirect as soon as they have the headers.
 * The next page would sometimes load the old session.
 */
export const saveBeforeRedirect: RequestHandler = (req, res, next) => {
  const before = JSON.stringify(req.session)
  const redirect = res.redirect.bind(res)
  const follow = (to: string | number, address?: string) =>
    typeof to === 'number' ? redirect(to, address ?? '/') : redirect(to)
  res.redirect = (to: string | number, address?: string) => {
    // Null after the session was destroyed, which express-session's types leave out.
    const session: typeof req.session | null | undefined = req.session
    if (!session || JSON.stringify(session) === before) return follow(to, address)
    session.save((error: unknown) => (error ? next(error) : follow(to, address)))
  }
  next()
}
