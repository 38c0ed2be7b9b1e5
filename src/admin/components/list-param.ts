/** Reads a list from a record's values, where AdminJS stores it as `permissions.0`, `permissions.1` and so on. */
export function listParam(params: Readonly<Record<string, unknown>> | undefined, name: string): string[] {
  return Object.entries(params ?? {})
    .filter(([key]) => key.startsWith(`${name}.`))
    .map(([, value]) => String(value))
}
