/** Where a device of a kind from outside is set up. */
export const addAddress = (kind: string): string => `/account/two-factor/${kind}/add`

/** @param id of the device, or `:id` */
export const confirmAddress = (kind: string, id: number | string): string => `/account/two-factor/${kind}/${id}/confirm`
