/** Returns the path at which a device of a custom kind is set up. */
export const addDevicePath = (kind: string): string => `/account/two-factor/${kind}/add`

/** @param id of the device, or `:id` */
export const confirmDevicePath = (kind: string, id: number | string): string =>
  `/account/two-factor/${kind}/${id}/confirm`
