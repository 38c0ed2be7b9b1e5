import { Badge } from '@adminjs/design-system'
import { useCurrentAdmin } from 'adminjs'
import React from 'react'

/** A page of the host application. */
export default function Greeting() {
  const [admin] = useCurrentAdmin()
  return (
    <section>
      <h1>Greeting</h1>
      <Badge>{`Good day, ${admin.email}`}</Badge>
    </section>
  )
}
