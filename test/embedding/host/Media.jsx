import React, { useState } from 'react'

const pixel = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

function makePicture() {
  const bytes = Uint8Array.from(atob(pixel), (sign) => sign.charCodeAt(0))
  return URL.createObjectURL(new Blob([bytes], { type: 'image/gif' }))
}

/** Shows media of the host's origin, which the Content Security Policy allows, and one image that it forbids. */
export default function Media() {
  const [blob] = useState(makePicture)
  return (
    <section>
      <h1>Media</h1>
      <iframe title="A page" src="/own.html" sandbox="" />
      <img alt="Of this origin" src="/own.gif" />
      <img alt="Made here" src={blob} />
      <video aria-label="A film" src="/own.mp4" controls />
      <audio aria-label="A sound" src="/own.mp3" controls />
      <video aria-label="A film made here" src={blob} />
      <object aria-label="A document" data="/own.pdf" />
    </section>
  )
}
