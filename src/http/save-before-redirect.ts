import type { RequestHandler } from 'express'

/**
 * Saves a changed session before its answer leads elsewhere. express-session sends the
 * headers first and saves then, and browsers follow a redirect as soon as they have the
 * headers: the next page would now and then find the session of before.
 */
export const saveBeforeRedirect: RequestHandler = (req, res, next) => {
  const before = JSON.stringify(req.session)
  const redirect = res.redirect.bind(res)
  const follow = (to: string | number, address?: string) =>
    typeof to === 'number' ? redirect(to, address ?? '/') : redirect(to)
  res.redirect = (to: string | number, address?: string) => {
    // Null after the session was destroyed; express-session's types do not say so.
    const session: typeof req.session | null | undefined = req.session
    if (!session || JSON.stringify(session) === before) return follow(to, address)
    session.save((error: unknown) => (error ? next(error) : follow(to, address)))
  }
  next()
}
