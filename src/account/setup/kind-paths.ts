import type { Response } from 'express'

/** Returns the path at which a device of a custom kind is set up. */
export const addDevicePath = (kind: string): string => `/account/two-factor/${kind}/add`

/** @param id of the device, or `:id` */
export const confirmDevicePath = (kind: string, id: number | string): string =>
  `/account/two-factor/${kind}/${id}/confirm`

/** Returns the path of the kind's script; null if the browser does not create its tokens. */
export const kindScript = ({ app }: Response, kind: { name: string }): string | null =>
  app.locals.page.kindScripts[kind.name] ?? null
