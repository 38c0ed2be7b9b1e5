/** A form with a small file in it. */
export const formWithFile = () => ({
  method: 'POST',
  body: '--b\r\nContent-Disposition: form-data; name="scan"; filename="../a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n',
  headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
})
