import React from 'react'
import type { RecordJSON } from 'adminjs'

/** Shows the server's error message for a field. */
export function FieldError({ record, name }: { record: RecordJSON | undefined; name: string }) {
  const message = record?.errors?.[name]?.message
  return message ? <p role="alert">{message}</p> : null
}
